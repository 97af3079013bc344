// The logs of a server as one: what the supervisor has written and what its HTTP processes have, in the order of time.

import { type LogEvent, lineCount, type RecentLines } from '../../log/recent-lines.ts'
import type { AskHttp } from './questions.ts'

export interface LogSources {
  /** What the supervisor has written. */
  readonly recent: RecentLines
  /** What HTTP processes had that have ended. */
  readonly inherited: RecentLines
  readonly ask: AskHttp
}

export class LogReader {
  readonly #sources: LogSources
  readonly #request: string | null
  #ownAfter = 0
  #isFirst = true
  /** Where to go on in each HTTP process, by pid. */
  #after: Readonly<Record<string, number>> = {}

  /** @param request only what names it; null is everything */
  constructor(sources: LogSources, request: string | null) {
    this.#sources = sources
    this.#request = request
  }

  /** The last lines of what has come since the last time. */
  async read(lines: number): Promise<readonly LogEvent[]> {
    const question = { lines, request: this.#request }
    const { recent, inherited, ask } = this.#sources
    const answers = await ask({ what: 'log', ...question, after: this.#after })
    const own = recent.read({ ...question, after: this.#ownAfter })
    this.#ownAfter = own.next
    // What is inherited later was read from who has left it.
    const left = this.#isFirst ? inherited.read({ ...question, after: 0 }).events : []
    this.#isFirst = false
    const events = [...left, ...own.events]
    const after: Record<string, number> = {}
    for (const { pid, answer } of answers) {
      // One that has not answered now may do so the next time.
      const next = answer?.next ?? this.#after[pid]
      if (next !== undefined) after[pid] = next
      events.push(...(answer?.events ?? []))
    }
    this.#after = after
    return lastOf(
      events.sort((a, b) => a.wallMs - b.wallMs),
      lines,
    )
  }
}

/** Events are not cut: the first may have lines beyond those asked for. */
function lastOf(events: readonly LogEvent[], lines: number): readonly LogEvent[] {
  let left = lines
  let from = events.length
  while (from > 0 && left > 0) {
    from--
    left -= lineCount(events[from]?.text ?? '')
  }
  return events.slice(from)
}

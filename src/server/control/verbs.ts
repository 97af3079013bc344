// What a running server does for each verb of the control socket.

import type { LogEvent, RecentLines } from '../../log/recent-lines.ts'
import { Deadline } from '../../process/deadline.ts'
import type { ReloadOutcome } from '../reload-queue.ts'
import type { Conversation } from './conversation.ts'
import { killRequest } from './kill.ts'
import { LogReader } from './log-reader.ts'
import type { ControlRequest, LogsRequest } from './protocol.ts'
import type { AskHttp } from './questions.ts'
import { tellStack } from './stack.ts'
import { type StatusFacts, statusReport } from './status.ts'
import { type Supervisors, silenceOf } from './whereabouts.ts'

/** The server, as far as it can be asked and told. */
export interface ControlledServer {
  facts(): Omit<StatusFacts, 'http'>
  readonly supervisors: Supervisors
  readonly ask: AskHttp
  /** What the supervisor itself has logged. */
  readonly recent: RecentLines
  /** What HTTP processes that have ended had logged. */
  readonly inherited: RecentLines
  /** undefined: all of it. */
  reload(application: string | undefined): Promise<ReloadOutcome>
  stop(how: 'finish' | 'now'): void
}

/** How often it is looked for new lines. */
const followMs = 250

export async function answerVerb(
  server: ControlledServer,
  request: ControlRequest,
  conversation: Conversation,
): Promise<void> {
  switch (request.verb) {
    case 'status': {
      const http = await server.ask({ what: 'figures' })
      conversation.send({ kind: 'data', data: await statusReport({ ...server.facts(), http }) })
      conversation.end(0)
      return
    }
    case 'ps':
      return listRequests(server, conversation)
    case 'stack':
      return tellStack(server, request.of, conversation)
    case 'kill':
      return killRequest(server, request, conversation)
    case 'logs':
      return tellLogs(server, request, conversation)
    case 'reload': {
      const { kind, lines, stories } = await server.reload(request.application ?? undefined)
      for (const text of [...lines, ...stories]) conversation.send({ kind: 'note', text })
      conversation.end(kind === 'done' ? 0 : 1)
      return
    }
    case 'stop':
      conversation.keepToTheEnd()
      server.stop(request.now ? 'now' : 'finish')
      return
    default:
      return request satisfies never
  }
}

async function listRequests({ ask }: ControlledServer, conversation: Conversation): Promise<void> {
  const answers = await ask({ what: 'running' })
  const requests = answers.flatMap(({ pid, answer }) => (answer ?? []).map((one) => ({ ...one, http: pid })))
  // One a line: there may be as many as there are connections.
  for (const data of requests.sort((a, b) => b.ageMs - a.ageMs)) conversation.send({ kind: 'data', data })
  const silence = silenceOf(answers)
  if (silence !== undefined) conversation.send({ kind: 'note', text: silence })
  else if (requests.length === 0) conversation.send({ kind: 'note', text: 'no request is in progress' })
  conversation.end(0)
}

async function tellLogs(
  { recent, inherited, ask }: ControlledServer,
  { lines, request, follow }: LogsRequest,
  conversation: Conversation,
): Promise<void> {
  const reader = new LogReader({ recent, inherited, ask }, request)
  const tell = (events: readonly LogEvent[]) => {
    for (const { text } of events) conversation.send({ kind: 'line', text })
  }
  const first = await reader.read(lines)
  tell(first)
  if (!follow) {
    if (first.length === 0 && request !== null)
      conversation.send({ kind: 'note', text: `no line that is kept names request ${request}` })
    conversation.end(first.length === 0 && request !== null ? 1 : 0)
    return
  }
  while (!conversation.isGone) {
    await new Promise<void>((resolve) => new Deadline().arm(followMs, resolve))
    // Who reads slower than is written misses what the kept lines do not hold.
    if (!conversation.isCrowded) tell(await reader.read(Number.MAX_SAFE_INTEGER))
  }
}

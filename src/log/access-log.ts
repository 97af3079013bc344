// The access log: one line for each answered request, gathered for at most 100 ms before it is written.
// Troubles with it are events of the error log.

import { type AccessEntry, type AccessFormat, accessLineFor } from './access-line.ts'
import type { Log } from './log.ts'
import { openSink } from './sink.ts'

const gatherMs = 100

export interface AccessLogOptions {
  /** `-` is standard output, `off` is none, anything else a path that is appended to. */
  readonly destination: string
  /** Descriptor of standard output; default 1. */
  readonly standard?: number
  readonly format: AccessFormat
  /** Paths that are not logged, each with everything below it, compared with the raw target without its query. */
  readonly exclude: readonly string[]
  readonly log: Log
}

/** Call `flushSync` at the exit of the process, or await `close`. */
export interface AccessLog {
  /** False when nothing is written at all: the caller can spare itself the entry. */
  readonly enabled: boolean
  write(entry: AccessEntry): void
  /** Opens the path anew, for logrotate. */
  reopen(): void
  flushSync(): void
  close(): Promise<void>
}

/** Opens the access log; throws the system's error when the path cannot be opened. */
export function openAccessLog(options: AccessLogOptions): AccessLog {
  const { destination, standard = 1, exclude, log } = options
  const lineOf = accessLineFor(options.format)
  const sink = openSink({
    destination,
    standard,
    delayMs: gatherMs,
    dropped: (lines) => log.warn('log.dropped', { log: 'access', lines }),
    failed: (error) => log.error('log.failed', { log: 'access' }, error.message),
  })
  return {
    enabled: destination !== 'off',
    write(entry) {
      if (exclude.length > 0 && isExcluded(entry.target, exclude)) return
      sink.write(lineOf(entry))
    },
    reopen: () => sink.reopen(),
    flushSync: () => sink.flushSync(),
    close: () => sink.close(),
  }
}

/** True for `/health`, `/health?x` and `/health/live` when `/health` is excluded; false for `/healthy`. */
function isExcluded(target: string, exclude: readonly string[]): boolean {
  for (const path of exclude) {
    if (!target.startsWith(path)) continue
    const next = target.charAt(path.length)
    if (next === '' || next === '?' || next === '/' || path.endsWith('/')) return true
  }
  return false
}

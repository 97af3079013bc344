// The access log: one line for each answered request, gathered for at most 100 ms before it is written.
// Several logs may share a sink. Troubles with it are events of the error log.

import { byteString } from '../byte-string.ts'
import { type AccessEntry, type AccessFormat, accessLineFor } from './access-line.ts'
import type { Log } from './log.ts'
import type { RecentLines } from './recent-lines.ts'
import { openSink, type Sink } from './sink.ts'

const gatherMs = 100

export interface AccessLogSettings {
  readonly format: AccessFormat
  /** Paths that are not logged, each with everything below it; in UTF-8, compared with the path after normalisation. */
  readonly exclude: readonly string[]
}

export interface AccessLog {
  /** False when nothing is written at all: the caller can spare itself the entry. */
  readonly enabled: boolean
  write(entry: AccessEntry): void
}

export const noAccessLog: AccessLog = { enabled: false, write() {} }

/**
 * Opens where access logs go; throws the system's error when the path cannot be opened.
 * @param destination `-` is the descriptor `standard`, anything else a path that is appended to
 * @param recent also keeps what is written
 */
export function openAccessSink(destination: string, standard: number, log: Log, recent?: RecentLines): Sink {
  const facts = destination === '-' ? { log: 'access' } : { log: 'access', path: destination }
  return openSink({
    destination,
    standard,
    delayMs: gatherMs,
    recent,
    dropped: (lines) => log.warn('log.dropped', { ...facts, lines }),
    failed: (error) => log.error('log.failed', facts, error.message),
  })
}

export function accessLogTo(sink: Sink, settings: AccessLogSettings): AccessLog {
  const lineOf = accessLineFor(settings.format)
  const exclude = settings.exclude.map(byteString)
  return {
    enabled: true,
    write(entry) {
      if (exclude.length > 0 && isExcluded(entry.path, exclude)) return
      sink.write(lineOf(entry))
    },
  }
}

/** True for `/health` and `/health/live` when `/health` is excluded; false for `/healthy`. */
function isExcluded(path: string, exclude: readonly string[]): boolean {
  for (const start of exclude) {
    if (!path.startsWith(start)) continue
    if (path.length === start.length || path[start.length] === '/' || start.endsWith('/')) return true
  }
  return false
}

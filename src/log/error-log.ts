// The error log: events as text, written at once, to standard error unless a path says otherwise.
// Its own troubles are told where they can be: dropped lines here, a disk that refuses on standard error.

import { writeSync } from 'node:fs'
import { wallClockMs } from '../clock.ts'
import type { Facts } from '../failure.ts'
import type { EventName } from './events.ts'
import type { Level, Log } from './log.ts'
import type { RecentLines } from './recent-lines.ts'
import { openSink } from './sink.ts'
import { eventText } from './text.ts'

export interface ErrorLogOptions {
  /** `-` is standard error, `off` is none, anything else a path that is appended to. */
  readonly destination: string
  /** Descriptor of standard error; default 2. */
  readonly standard?: number
  /** Ids of users but root whose files root may write to; default none. */
  readonly owners?: readonly number[] | undefined
  /** Events below this level are not written. */
  readonly level: Level
  /** Milliseconds since 1970; the wall clock unless a test says otherwise. */
  readonly now?: () => number
  /** Colour the level; default: on a terminal, unless NO_COLOR is set. */
  readonly colour?: boolean
  /** Also keeps what is written. */
  readonly recent?: RecentLines | undefined
}

/** A log that is written somewhere. Call `flushSync` at the exit of the process, or await `close`. */
export interface ErrorLog extends Log {
  /** Opens the path anew, for logrotate. */
  reopen(): void
  flushSync(): void
  close(): Promise<void>
}

const ranks: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Opens the error log; throws an error that says why when the path cannot be opened. */
export function createLog(options: ErrorLogOptions): ErrorLog {
  const now = options.now ?? wallClockMs
  const sink = openSink({
    destination: options.destination,
    standard: options.standard ?? 2,
    owners: options.owners,
    delayMs: 0,
    recent: options.recent,
    dropped: (lines) => write('warn', 'log.dropped', { log: 'error', lines }),
    failed: (error) => {
      if (options.destination !== '-')
        sayOn(options.standard ?? 2, eventOf('error', 'log.failed', { log: 'error' }, error.message))
    },
  })
  const colour = options.colour ?? (sink.terminal && !process.env.NO_COLOR)

  function eventOf(level: Level, event: EventName, facts: Facts, text: string): string {
    return eventText({ wallMs: now(), level, event, facts, text }, colour)
  }

  function write(level: Level, event: EventName, facts: Facts = {}, text = ''): void {
    if (ranks[level] >= ranks[options.level]) sink.write(eventOf(level, event, facts, text))
  }

  return {
    debug: (event, facts, text) => write('debug', event, facts, text),
    info: (event, facts, text) => write('info', event, facts, text),
    warn: (event, facts, text) => write('warn', event, facts, text),
    error: (event, facts, text) => write('error', event, facts, text),
    reopen: () => sink.reopen(),
    flushSync: () => sink.flushSync(),
    close: () => sink.close(),
  }
}

function sayOn(standardError: number, line: string): void {
  try {
    writeSync(standardError, line)
  } catch {
    // Standard error is gone or full as well: there is nobody left to tell.
  }
}

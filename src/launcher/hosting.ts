// What everything in a launcher shares.

import { writeSync } from 'node:fs'
import type { Keeper } from '../process/system/keeper.ts'
import type { PipeStock } from './pipe-stock.ts'
import type { Places } from './places.ts'
import type { Settings } from './settings.ts'
import type { EndReason } from './verdict.ts'

/** A script, for whoever ends it or asks what runs. */
export interface Running {
  /** Id of its request. */
  readonly name: string
  stop(reason: EndReason): void
  /** SIGKILL now. */
  kill(): void
  /** @param now milliseconds, monotonic */
  description(now: number): string
}

/** A connection of the HTTP process, for whoever ends all of them. */
export interface Connected {
  /** No request is being read or runs. */
  readonly isIdle: boolean
  closeAfterOutput(): void
}

export interface Hosting {
  readonly settings: Settings
  /** Lines that set the resource limits of scripts. */
  readonly limits: readonly string[]
  readonly places: Places
  readonly pipes: PipeStock
  /** Ends the scripts when the launcher is killed and can do nothing any more. */
  readonly keeper: Keeper
  readonly connections: Set<Connected>
  /** Every script that has not ended. */
  readonly runs: Set<Running>
  isStopping: boolean
  /** A connection has gone, or a script. */
  left(): void
}

/** A line of the launcher's own log; lost when nobody reads. */
export function say(text: string): void {
  try {
    writeSync(2, `portico: ${text}\n`)
  } catch {
    // The supervisor is gone.
  }
}

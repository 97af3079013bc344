// Looks every second how old the workers of an application are, how much memory they have, and whether their sockets can
// still be found.

import { Deadline } from './deadline.ts'
import { isGone } from './socket/socket-file.ts'
import type { Standing } from './standing.ts'
import { type Wear, type WearLimits, type WearState, wearOf } from './wear.ts'
import { residentBytes } from './worker/resident-memory.ts'

const checkMs = 1000

export interface WearWatchOptions {
  readonly limits: () => WearLimits
  readonly standing: () => Iterable<Standing>
  /** A worker has reached a limit. */
  readonly worn: (standing: Standing, wear: Wear, state: WearState) => void
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

export class WearWatch {
  readonly #options: WearWatchOptions
  readonly #next = new Deadline()
  #stopped = false

  constructor(options: WearWatchOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#stopped) return
    this.#next.arm(checkMs, () => this.start())
    for (const standing of this.#options.standing()) void this.#check(standing)
  }

  stop(): void {
    this.#stopped = true
    this.#next.clear()
  }

  async #check(standing: Standing): Promise<void> {
    const { worker } = standing
    if (standing.worn !== null || worker.state.kind !== 'ready') return
    const limits = this.#options.limits()
    const ageMs = this.#options.clock() - worker.state.since
    const memoryBytes = limits.memory > 0 ? await residentBytes(worker.pid) : undefined
    const state = { ageMs, memoryBytes }
    const wear =
      wearOf(limits, worker.number, state) ??
      ((await isUnreachable(worker.address)) ? 'unreachable' : undefined)
    if (wear !== undefined && !this.#stopped) this.#options.worn(standing, wear, state)
  }
}

/** Who accepts on the socket of somebody else has no path of its own. */
async function isUnreachable(address: string): Promise<boolean> {
  return address !== '' && (await isGone(address))
}

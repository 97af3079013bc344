// The time that a worker has until it is ready. Whoever watches the start is told when that takes long: it says nothing itself.

import type { Log } from '../../log/log.ts'
import { Deadline } from '../deadline.ts'

/** A start that takes longer, or half of its time, is spoken of; milliseconds. */
const mostSlowMs = 5000

export interface Starting {
  readonly log: Log
  readonly facts: { readonly application: string; readonly worker: number; readonly pid: number }
  /** What it does meanwhile, as far as is known; a clause. */
  readonly doing: string
  /** limits.startup_time; milliseconds. */
  readonly startupMs: number
}

export class StartupDeadline {
  readonly #slow = new Deadline()
  readonly #over = new Deadline()

  arm({ log, facts, doing, startupMs }: Starting, over: () => void): void {
    this.#over.arm(startupMs, over)
    const slowMs = Math.min(mostSlowMs, startupMs / 2)
    const text = `After ${slowMs / 1000} s ${doing}; limits.startup_time gives it ${startupMs / 1000} s`
    this.#slow.arm(slowMs, () => log.warn('worker.slow', facts, text))
  }

  clear(): void {
    this.#slow.clear()
    this.#over.clear()
  }
}

// How much an application has to do, looked at with every sweep and told once a second: the most that was at work, and the
// least that waited, so that a queue that is gone in a moment starts no process.

import type { Load } from '../process/messages.ts'

const everyMs = 1000

export class LoadReport {
  readonly #tell: (load: Load) => void
  #busy = 0
  #waiting = Number.POSITIVE_INFINITY
  #toldMs = 0
  #wokenMs = Number.NEGATIVE_INFINITY

  constructor(tell: (load: Load) => void) {
    this.#tell = tell
  }

  /** Nobody is there, and a request waits or was refused: at once, but not each time. */
  wake(nowMs: number): void {
    if (nowMs - this.#wokenMs < everyMs) return
    this.#wokenMs = nowMs
    this.#tell({ busy: 0, waiting: 1 })
  }

  sample(busy: number, waiting: number, nowMs: number): void {
    this.#busy = Math.max(this.#busy, busy)
    this.#waiting = Math.min(this.#waiting, waiting)
    if (nowMs - this.#toldMs < everyMs) return
    this.#toldMs = nowMs
    this.#tell({ busy: this.#busy, waiting: this.#waiting })
    this.#busy = 0
    this.#waiting = Number.POSITIVE_INFINITY
  }
}

// Tells a log of what may happen thousands of times a second: at once, then at most once an interval with their number.

import type { Facts } from '../failure.ts'

const everyMs = 1000

export class Tally {
  readonly #tell: (facts: Facts) => void
  #count = 0
  #facts: Facts = {}
  #toldMs = Number.NEGATIVE_INFINITY

  /** @param tell gets the facts of the last one, with `count` since it was told before */
  constructor(tell: (facts: Facts) => void) {
    this.#tell = tell
  }

  add(facts: Facts, nowMs: number): void {
    this.#count++
    this.#facts = facts
    this.flush(nowMs)
  }

  /** Tells of those that waited for the interval to pass. */
  flush(nowMs: number): void {
    if (this.#count === 0 || nowMs - this.#toldMs < everyMs) return
    this.#tell({ ...this.#facts, count: this.#count })
    this.#count = 0
    this.#toldMs = nowMs
  }
}

// Request ids: short, printable, unique over restarts of a process. They name log lines, they guard nothing.

import { randomBytes } from 'node:crypto'

export class RequestIds {
  // 40 random bits a process keep the ids of two runs apart; a counter is all that a request costs.
  readonly #prefix = `${randomBytes(5).toString('hex')}-`
  #count = 0

  /** How many there have been. */
  get count(): number {
    return this.#count
  }

  next(): string {
    this.#count++
    return this.#prefix + this.#count.toString(36)
  }
}

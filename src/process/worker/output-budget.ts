// How much of the output of an application or a service reaches the log in a second. Pure: the time is an argument.
// Decides only; what is over the budget is read all the same: a full pipe would hang the application.

export interface OutputLimits {
  readonly linesPerSecondCount: number
  readonly bytesPerSecondCount: number
}

export const outputLimits: OutputLimits = { linesPerSecondCount: 1000, bytesPerSecondCount: 1024 * 1024 }

const windowMs = 1000

export class OutputBudget {
  readonly #limits: OutputLimits
  #since = Number.NEGATIVE_INFINITY
  #lines = 0
  #bytes = 0
  #dropped = 0

  constructor(limits: OutputLimits) {
    this.#limits = limits
  }

  /** True: write the line. False: it is counted as dropped. */
  admit(lineBytes: number, now: number): boolean {
    if (now - this.#since >= windowMs) {
      this.#since = now
      this.#lines = 0
      this.#bytes = 0
    }
    const full =
      this.#lines + 1 > this.#limits.linesPerSecondCount ||
      this.#bytes + lineBytes > this.#limits.bytesPerSecondCount
    if (full) {
      this.#dropped += 1
      return false
    }
    this.#lines += 1
    this.#bytes += lineBytes
    return true
  }

  /** Number of lines dropped since the last time this was asked. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }
}

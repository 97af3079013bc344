// One timer that is armed, armed again or cleared; the only place of this folder that calls setTimeout.

export class Deadline {
  #timer: NodeJS.Timeout | undefined

  /** Calls `due` after `ms`; an earlier arming is forgotten. */
  arm(ms: number, due: () => void): void {
    this.clear()
    // Node takes a longer delay than 2^31-1 ms for 1 ms.
    const delayMs = Math.min(Math.max(ms, 0), 2 ** 31 - 1)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      due()
    }, delayMs)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

// A look at each of many things in turn, a few in one go, with whatever else there is to do in between: thousands of
// connections that are late at once, as an attack leaves them, must not make the others wait. Measured with 5,000 slow heads
// (bench/connections/slowloris.mjs): all at once stops the process for 26 ms four times a second, and so many ends in a bunch
// keep the other side's core busy as well.

/** Looks in one go: some tens of microseconds. */
export const looks = 256
/** What a look weighs that found something to do, in looks: a refusal is written, and a socket closed. */
export const weight = 64
/** Between two goes; so a thousand are given up in a second, at most. */
export const pauseMs = 4

export class Round<T> {
  readonly #all: Iterable<T>
  readonly #look: (one: T) => boolean
  #left: Iterator<T> | undefined
  #next: NodeJS.Timeout | undefined

  /**
   * @param all may change during a round: what leaves it is not looked at
   * @param look true when there was something to do about it; must not throw
   */
  constructor(all: Iterable<T>, look: (one: T) => boolean) {
    this.#all = all
    this.#look = look
  }

  /** Begins a round, unless one is still under way. The first go is over when this returns. */
  begin(): void {
    if (this.#left !== undefined) return
    this.#left = this.#all[Symbol.iterator]()
    this.#go()
  }

  /** Gives up the round that is under way. */
  stop(): void {
    clearTimeout(this.#next)
    this.#left = undefined
  }

  #go(): void {
    const left = this.#left
    if (left === undefined) return
    for (let spent = 0; spent < looks; ) {
      const { done, value } = left.next()
      if (done === true) {
        this.#left = undefined
        return
      }
      spent += this.#look(value) ? weight : 1
    }
    this.#next = setTimeout(() => this.#go(), pauseMs)
  }
}

// How many scripts run at once, and the connections that wait for one of these places. Pure.
// A place is taken by a connection from its acceptance on, and goes over to its script when that lives longer (it is being
// ended, or runs on after its answer). The HTTP process uses a connection only once its FCGI_GET_VALUES has been answered,
// so one that has no place is simply not answered.

/** Somebody who wants a place. */
export interface Waiting {
  /** It has one now. */
  placed(): void
}

export class Places {
  #free: number
  readonly #waiting = new Set<Waiting>()

  constructor(slots: number) {
    this.#free = slots
  }

  /** A place now or later, in the order of asking. */
  take(waiting: Waiting): void {
    if (this.#free === 0) {
      this.#waiting.add(waiting)
      return
    }
    this.#free -= 1
    waiting.placed()
  }

  /** It has gone before it got one. */
  leave(waiting: Waiting): void {
    this.#waiting.delete(waiting)
  }

  /** A place is free, for the one that has waited longest. */
  release(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free += 1
      return
    }
    this.#waiting.delete(next)
    next.placed()
  }
}

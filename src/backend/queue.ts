// Requests waiting for a slot, in order of arrival (one central queue an application).
// Leaving is marking: the entry is skipped when its time comes, so that nothing is ever shifted in the middle.

import type { Opener, Ticket } from './backend.ts'

export class Waiting implements Ticket {
  readonly sinceMs: number
  #opener: Opener | undefined
  readonly #queue: WaitingQueue

  constructor(opener: Opener, sinceMs: number, queue: WaitingQueue) {
    this.#opener = opener
    this.sinceMs = sinceMs
    this.#queue = queue
  }

  get waits(): boolean {
    return this.#opener !== undefined
  }

  get opener(): Opener | undefined {
    return this.#opener
  }

  /** The opener, once; undefined when it left or was served. */
  take(): Opener | undefined {
    const opener = this.#opener
    this.#opener = undefined
    return opener
  }

  cancel(): void {
    if (this.take() !== undefined) this.#queue.left()
  }
}

export class WaitingQueue {
  #entries: Waiting[] = []
  #first = 0
  #length = 0

  /** Requests that wait. */
  get length(): number {
    return this.#length
  }

  add(opener: Opener, nowMs: number): Ticket {
    const waiting = new Waiting(opener, nowMs, this)
    this.#entries.push(waiting)
    this.#length++
    return waiting
  }

  /** The one that waits longest; it stays. */
  get first(): Opener | undefined {
    while (this.#first < this.#entries.length) {
      const waiting = this.#entries[this.#first] as Waiting
      if (waiting.waits) return waiting.opener
      this.#first++
    }
    return undefined
  }

  /** Takes the one that waits longest. */
  shift(): Opener | undefined {
    while (this.#first < this.#entries.length) {
      const opener = (this.#entries[this.#first++] as Waiting).take()
      if (this.#first > 1024 && this.#first * 2 > this.#entries.length) this.#compact()
      if (opener !== undefined) {
        this.#length--
        return opener
      }
    }
    this.#compact()
    return undefined
  }

  /** Takes the one that waits longest, if it has waited since before `thenMs`. */
  shiftOlderThan(thenMs: number): Opener | undefined {
    while (this.#first < this.#entries.length) {
      if ((this.#entries[this.#first] as Waiting).sinceMs > thenMs) return undefined
      const opener = (this.#entries[this.#first++] as Waiting).take()
      if (opener !== undefined) {
        this.#length--
        return opener
      }
    }
    this.#compact()
    return undefined
  }

  left(): void {
    this.#length--
    // Those that left keep their place until it is their turn, unless they have become the most.
    if (this.#entries.length > 2 * this.#length + 1024) this.#compact()
  }

  #compact(): void {
    this.#entries = this.#entries.slice(this.#first).filter((entry) => entry.waits)
    this.#first = 0
  }
}

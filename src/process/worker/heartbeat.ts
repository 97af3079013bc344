// Whether an interpreter still runs: it is asked every few seconds, and its control thread answers, for which it needs the
// lock of the interpreter. C code that never gives that lock back, or a stopped process, leaves the question open.
// Asked whether or not requests run: a question and its answer are two short lines every few seconds, and a background
// thread can hold the lock as well, of which the next request would know nothing.

import { Deadline } from '../deadline.ts'

/** Pause between an answer and the next question, milliseconds. */
const pauseMs = 5000
/** After the limit it is asked once more: when the whole machine stood still, its answer is on the way. Milliseconds. */
const graceMs = 1000

export class Heartbeat {
  readonly #limitMs: number
  readonly #ask: () => void
  readonly #silent: () => void
  readonly #next = new Deadline()

  /** @param limitMs how long an answer may take; 0 = it is never asked @param silent no answer came, called once */
  constructor(limitMs: number, ask: () => void, silent: () => void) {
    this.#limitMs = limitMs
    this.#ask = ask
    this.#silent = silent
  }

  /** It runs now. */
  heard(): void {
    if (this.#limitMs <= 0) return
    this.#next.arm(Math.min(pauseMs, this.#limitMs), () => {
      this.#ask()
      this.#next.arm(this.#limitMs, () => {
        this.#ask()
        this.#next.arm(graceMs, this.#silent)
      })
    })
  }

  stop(): void {
    this.#next.clear()
  }
}

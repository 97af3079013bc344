// A generation that somebody has asked for and waits for: what was at work before it, and whom to tell what became of it.

import type { ApplicationSpec, WorkerPlace } from './application-spec.ts'
import type { FirstStart } from './supervision.ts'

/** Code and settings that workers are started with. */
export interface Generation {
  readonly application: ApplicationSpec
  readonly place: WorkerPlace
  readonly number: number
}

export class Renewal {
  #before: Generation | undefined
  #waiting: ((outcome: FirstStart) => void)[] = []

  /** Undefined when what is newest has taken over. */
  get before(): Generation | undefined {
    return this.#before
  }

  /** Asked for again before it is known what became of the last one, the newest decides for all who wait. */
  ask(before: Generation): Promise<FirstStart> {
    this.#before ??= before
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** The newest generation has taken over, or has been given up. */
  forget(): void {
    this.#before = undefined
  }

  settle(outcome: FirstStart): void {
    for (const resolve of this.#waiting.splice(0)) resolve(outcome)
  }
}

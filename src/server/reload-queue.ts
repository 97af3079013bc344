// Reloads one after the other: what is asked for while one runs comes next, and who asks for the same shares it.

export interface ReloadOutcome {
  readonly kind: 'done' | 'refused'
  /** For whoever asked: what was done, or everything that is in the way. */
  readonly lines: readonly string[]
  /** Behind them: the stories of applications that failed, which stand in the log already. */
  readonly stories: readonly string[]
}

export class ReloadQueue {
  readonly #reload: (application: string | undefined) => Promise<ReloadOutcome>
  /** Those that have not begun, by application; undefined stands for the configuration with all of them. */
  readonly #waiting = new Map<string | undefined, Promise<ReloadOutcome>>()
  #last: Promise<unknown> = Promise.resolve()

  constructor(reload: (application: string | undefined) => Promise<ReloadOutcome>) {
    this.#reload = reload
  }

  ask(application?: string): Promise<ReloadOutcome> {
    const waiting = this.#waiting.get(application)
    if (waiting !== undefined) return waiting
    const outcome = this.#last.then(() => {
      this.#waiting.delete(application)
      return this.#reload(application)
    })
    this.#waiting.set(application, outcome)
    this.#last = outcome.catch(() => {})
    return outcome
  }
}

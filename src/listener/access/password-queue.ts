// Passwords that wait to be checked: one at a time, the clients in turn, so that who guesses much waits for itself.
// What nobody waits for any more is not checked.

import { clientNetwork } from '../../ip-address.ts'
import type { PasswordCheck, PasswordQuestion } from './password-check.ts'

export interface PasswordJob extends PasswordQuestion {
  /** False when the clients that asked have gone. */
  wanted(): boolean
  /** Undefined when it could not be checked. */
  done(right: boolean | undefined): void
}

/** Jobs that wait, of one client and of all together. */
const maxOfClient = 8
const maxWaiting = 256

export class PasswordQueue {
  readonly #check: PasswordCheck
  /** By client; the one whose turn it is comes first. */
  readonly #waiting = new Map<string, PasswordJob[]>()
  #count = 0
  #busy = false

  constructor(check: PasswordCheck) {
    this.#check = check
  }

  /** False when too many wait already; then `done` is never called. */
  add(address: string, job: PasswordJob): boolean {
    const client = clientNetwork(address)
    if (this.#count >= maxWaiting) this.#dropUnwanted()
    const jobs = this.#waiting.get(client) ?? []
    if (this.#count >= maxWaiting || jobs.length >= maxOfClient) return false
    jobs.push(job)
    this.#waiting.set(client, jobs)
    this.#count++
    this.#next()
    return true
  }

  #next(): void {
    if (this.#busy) return
    let job = this.#take()
    while (job !== undefined && !job.wanted()) {
      job.done(undefined)
      job = this.#take()
    }
    if (job === undefined) return
    const { password, hash, done } = job
    this.#busy = true
    const finish = (right: boolean | undefined): void => {
      this.#busy = false
      this.#next()
      done(right)
    }
    this.#check({ password, hash }).then(finish, () => finish(undefined))
  }

  #take(): PasswordJob | undefined {
    for (const [client, jobs] of this.#waiting) {
      const job = jobs.shift()
      this.#waiting.delete(client)
      if (jobs.length > 0) this.#waiting.set(client, jobs)
      if (job !== undefined) this.#count--
      return job
    }
    return undefined
  }

  #dropUnwanted(): void {
    for (const [client, jobs] of this.#waiting) {
      const wanted = jobs.filter((job) => job.wanted())
      for (const job of jobs) if (!wanted.includes(job)) job.done(undefined)
      this.#count -= jobs.length - wanted.length
      if (wanted.length > 0) this.#waiting.set(client, wanted)
      else this.#waiting.delete(client)
    }
  }
}

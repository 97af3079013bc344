// The workers of one application that have a process or are to have one, by number.

import { type WorkerReport, workerReport } from './application-report.ts'
import type { Endpoint } from './messages.ts'
import type { Member } from './plan.ts'
import { endpointOf, memberOf, type Standing, withdraw } from './standing.ts'

export class Roster implements Iterable<Standing> {
  readonly #standing = new Map<number, Standing>()

  get isEmpty(): boolean {
    return this.#standing.size === 0
  }

  [Symbol.iterator](): Iterator<Standing> {
    return this.#standing.values()
  }

  /** Undefined when there is none of that number, or none any more. */
  get(worker: number): Standing | undefined {
    return this.#standing.get(worker)
  }

  add(standing: Standing): void {
    this.#standing.set(standing.worker.number, standing)
  }

  remove({ worker }: Standing): void {
    this.#standing.delete(worker.number)
  }

  /** Another answers in its place. */
  drain(worker: number, now: number): void {
    const standing = this.get(worker)
    if (standing !== undefined) withdraw(standing, 'draining', now)
  }

  /** As plan.ts sees them. */
  get members(): readonly Member[] {
    return [...this].flatMap(memberOf)
  }

  /** Where requests are taken by those whom `which` lets. */
  endpoints(which: (standing: Standing) => boolean): Endpoint[] {
    return [...this].filter(which).flatMap(endpointOf)
  }

  /** @param now on the clock of the supervisor, in ms */
  report(now: number): WorkerReport[] {
    return [...this].map((standing) => workerReport(standing, now))
  }
}

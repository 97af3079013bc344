// Which HTTP process may still send requests to which worker. While one HTTP process takes over from another both use
// the same daemons, so what one of them says of a worker is not yet true of all. Pure.

import type { Publication, WorkerGone, WorkerIdle } from '../process/messages.ts'

export class WorkerHolders<Holder extends object> {
  /** Workers by number, which is unique, that each has been told of and has not let go. */
  readonly #held = new Map<Holder, Map<number, WorkerIdle>>()

  /** It has been told of these workers; what it holds of others stays until it says that they are idle. */
  told(holder: Holder, { application, endpoints }: Publication): void {
    const held = this.#held.get(holder) ?? new Map<number, WorkerIdle>()
    this.#held.set(holder, held)
    for (const { worker } of endpoints) held.set(worker, { application, worker })
  }

  /** It waits for the worker no more; true when nobody does. */
  idle(holder: Holder, { worker }: WorkerIdle): boolean {
    this.#held.get(holder)?.delete(worker)
    return ![...this.#held.values()].some((held) => held.has(worker))
  }

  workerGone({ worker }: WorkerGone): void {
    for (const held of this.#held.values()) held.delete(worker)
  }

  /** The process is gone with all that it waited for; the workers that nobody waits for then. */
  gone(holder: Holder): WorkerIdle[] {
    const held = [...(this.#held.get(holder)?.values() ?? [])]
    const free = held.filter((idle) => this.idle(holder, idle))
    this.#held.delete(holder)
    return free
  }
}

// The requests that a dead worker held, and how many it had done: HTTP processes know them, and say so when they hear of its end.

import { Deadline } from './deadline.ts'
import type { Held } from './messages.ts'

/** How long a report waits for them, milliseconds. */
const heldMs = 250

interface Expected {
  answersLeft: number
  readonly requests: string[]
  done: number
  readonly tell: () => void
}

export class HeldRequests {
  readonly #expected = new Map<number, Expected>()

  /** What `processes` HTTP processes will say of a worker, each once; undefined when none does in time. */
  async of(worker: number, processes: number): Promise<Held | undefined> {
    if (processes <= 0) return undefined
    const late = new Deadline()
    const { answersLeft, requests, done } = await new Promise<Expected>((resolve) => {
      const expected: Expected = {
        ...{ answersLeft: processes, requests: [], done: 0 },
        tell: () => resolve(expected),
      }
      this.#expected.set(worker, expected)
      late.arm(heldMs, expected.tell)
    })
    late.clear()
    this.#expected.delete(worker)
    return answersLeft === processes ? undefined : { requests, done }
  }

  /** One of them says it. */
  heard(worker: number, { requests, done }: Held): void {
    const expected = this.#expected.get(worker)
    if (expected === undefined) return
    expected.requests.push(...requests)
    expected.done += done
    expected.answersLeft -= 1
    if (expected.answersLeft === 0) expected.tell()
  }
}

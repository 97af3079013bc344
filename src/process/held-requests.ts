// The requests that a dead worker held: HTTP processes know them, and say so when they hear of its end.

import { Deadline } from './deadline.ts'

/** How long a report waits for them, milliseconds. */
const heldMs = 250

interface Expected {
  answersLeft: number
  readonly requests: string[]
  readonly tell: () => void
}

export class HeldRequests {
  readonly #expected = new Map<number, Expected>()

  /** What `processes` HTTP processes will say of a worker, each once; undefined when none does in time. */
  async of(worker: number, processes: number): Promise<readonly string[] | undefined> {
    if (processes <= 0) return undefined
    const requests: string[] = []
    const late = new Deadline()
    const answersLeft = await new Promise<number>((resolve) => {
      const expected: Expected = {
        answersLeft: processes,
        requests,
        tell: () => resolve(expected.answersLeft),
      }
      this.#expected.set(worker, expected)
      late.arm(heldMs, expected.tell)
    })
    late.clear()
    this.#expected.delete(worker)
    return answersLeft === processes ? undefined : requests
  }

  /** One of them says it. */
  heard(worker: number, requests: readonly string[]): void {
    const expected = this.#expected.get(worker)
    if (expected === undefined) return
    expected.requests.push(...requests)
    expected.answersLeft -= 1
    if (expected.answersLeft === 0) expected.tell()
  }
}

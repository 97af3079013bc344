// An input that gives its pieces at once, or one by one when the test says so. One piece of memory holds each, as a spool does it.

import type { PorticoError } from '../../src/failure.ts'
import type { CallInput } from '../../src/gateway/input.ts'

type Take = Parameters<CallInput['next']>[0]

export class FakeInput implements CallInput {
  readonly length: number | undefined
  readonly pieces: readonly Buffer[] | undefined
  readonly #waiting: Buffer[]
  readonly #atOnce: boolean
  readonly #memory = Buffer.alloc(128 * 1024)
  #take: Take | undefined
  /** Pieces that were asked for. */
  asked = 0

  /** @param how `embedded`: all in memory; `at once`: piece by piece, each there; `by hand`: when the test gives it */
  constructor(
    pieces: readonly Buffer[],
    how: 'embedded' | 'at once' | 'by hand',
    length: number | undefined = Buffer.concat(pieces).length,
  ) {
    this.length = length
    this.pieces = how === 'embedded' ? pieces : undefined
    this.#waiting = [...pieces]
    this.#atOnce = how !== 'by hand'
  }

  next(take: Take): void {
    this.asked++
    this.#take = take
    if (this.#atOnce) this.give()
  }

  /** The next piece comes, or the end. */
  give(failure?: PorticoError): void {
    const take = this.#take
    this.#take = undefined
    const piece = this.#waiting.shift()
    if (failure !== undefined || piece === undefined) take?.(failure, undefined)
    else take?.(undefined, this.#memory.subarray(0, piece.copy(this.#memory)))
  }

  rewind(): boolean {
    return false
  }

  close(): void {}
}

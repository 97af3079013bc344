// The input of an application with `stream_input`: what the client sends is handed on as it comes, within the slot.
// Nothing is read ahead beyond one buffer, so an application that is slow to read slows its client.

import type { PorticoError } from '../failure.ts'
import type { Input, InputSink } from '../http/exchange.ts'
import { type BodyLimit, bodyTooLarge, type CallInput } from './input.ts'

/** Octets that have come and were not asked for yet, above which the client is made to wait. */
const aheadBytes = 64 * 1024

type Take = Parameters<CallInput['next']>[0]

export class LiveInput implements CallInput, InputSink {
  readonly length: number | undefined
  readonly pieces = undefined
  readonly #input: Input
  readonly #limit: BodyLimit
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #totalBytes = 0
  #take: Take | undefined
  #begun = false
  #ended = false
  #closed = false
  #failure: PorticoError | undefined

  /** @param limit beyond it the reader hears E_INPUT_TOO_LARGE */
  constructor(input: Input, limit: BodyLimit) {
    this.length = input.length
    this.#input = input
    this.#limit = limit
  }

  next(take: Take): void {
    if (!this.#begun) {
      this.#begun = true
      this.#input.read(this)
    }
    const piece = this.#waiting.shift()
    if (piece !== undefined) {
      this.#waitingBytes -= piece.length
      take(undefined, piece)
    } else if (this.#failure !== undefined) take(this.#failure, undefined)
    else if (this.#ended) take(undefined, undefined)
    else {
      this.#take = take
      this.#input.resume()
    }
  }

  rewind(): boolean {
    return !this.#begun
  }

  close(): void {
    this.#closed = true
    this.#take = undefined
    this.#waiting = []
  }

  data(bytes: Buffer): void {
    if (this.#closed || this.#failure !== undefined) return
    this.#totalBytes += bytes.length
    if (this.#limit.bytes > 0 && this.#totalBytes > this.#limit.bytes) {
      this.fail(bodyTooLarge(this.#limit))
      return
    }
    const take = this.#takeOnce()
    if (take !== undefined) {
      take(undefined, bytes)
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes >= aheadBytes) this.#input.pause()
  }

  end(): void {
    this.#ended = true
    this.#takeOnce()?.(undefined, undefined)
  }

  fail(failure: PorticoError): void {
    if (this.#closed || this.#failure !== undefined) return
    this.#failure = failure
    this.#takeOnce()?.(failure, undefined)
  }

  #takeOnce(): Take | undefined {
    const take = this.#take
    this.#take = undefined
    return take
  }
}

// A socket without a network: what the far side sends is delivered at once, what is written to it is kept.
// It knows what a connection of the HTTP/1.1 engine uses of node:net, and nothing more.

import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { bufferKey, callbackKey } from '../../src/http1/lent-reads.ts'

export class FakeSocket extends EventEmitter {
  readonly remotePort = 1
  readonly writableNeedDrain = false
  readonly writableLength = 0
  bytesWritten = 0
  /** The near side has closed its half, or all of it. */
  ended = false
  readonly readableFlowing = null
  readonly _handle = { useUserBuffer: () => {} }
  #paused = false
  #flowing = false
  readonly #waiting: Buffer[] = []

  constructor() {
    super()
    if (bufferKey !== undefined) this.#inner[bufferKey] = null
  }

  /** For whoever wants a real one. */
  get asSocket(): Socket {
    return this as unknown as Socket
  }

  /** The far side sends. */
  deliver(bytes: Buffer): void {
    this.#waiting.push(bytes)
    this.#flow()
  }

  get #inner(): Record<symbol, unknown> {
    return this as unknown as Record<symbol, unknown>
  }

  /** One piece after the other, as an event loop has them. */
  #flow(): void {
    if (this.#flowing) return
    this.#flowing = true
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#give(next)
    this.#flowing = false
  }

  #next(): Buffer | undefined {
    return this.#paused ? undefined : this.#waiting.shift()
  }

  /** Lent, where somebody has left a buffer for that, which does not stay as it was. */
  #give(bytes: Buffer): void {
    const buffer = this.#inner[bufferKey as symbol]
    const told = this.#inner[callbackKey as symbol]
    if (!Buffer.isBuffer(buffer) || typeof told !== 'function') {
      this.emit('data', bytes)
      return
    }
    const count = bytes.copy(buffer)
    if (count < bytes.length) this.#waiting.unshift(bytes.subarray(count))
    told(count)
    buffer.fill('!', 0, count)
  }

  write(bytes: Buffer | string): boolean {
    this.bytesWritten += bytes.length
    return true
  }

  cork(): void {}

  uncork(): void {}

  end(): void {
    this.ended = true
  }

  destroy(): void {
    this.ended = true
  }

  resetAndDestroy(): void {
    this.ended = true
  }

  isPaused(): boolean {
    return this.#paused
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#flow()
  }
}

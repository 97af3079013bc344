// A socket without a network: what the far side sends is delivered at once, what is written to it is kept.
// It knows what a connection of the HTTP/1.1 engine uses of node:net, and nothing more.

import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

export class FakeSocket extends EventEmitter {
  readonly remotePort = 1
  readonly writableNeedDrain = false
  readonly writableLength = 0
  bytesWritten = 0
  /** The near side has closed its half, or all of it. */
  ended = false
  #paused = false
  #waiting: Buffer[] = []

  /** For whoever wants a real one. */
  get asSocket(): Socket {
    return this as unknown as Socket
  }

  /** The far side sends. */
  deliver(bytes: Buffer): void {
    if (this.#paused) this.#waiting.push(bytes)
    else this.emit('data', bytes)
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
    const waiting = this.#waiting
    if (waiting.length === 0) return
    this.#waiting = []
    for (const bytes of waiting) this.deliver(bytes)
  }
}

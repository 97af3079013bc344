// A channel without a connection: what a gateway writes is kept, and the test says what comes back.

import type { Channel, ChannelSink } from '../../src/backend/backend.ts'
import { PorticoError } from '../../src/failure.ts'

export class FakeChannel implements Channel {
  readonly worker = 'fake/1'
  sink: ChannelSink | undefined
  awaitsInput = false
  /** What `write` answers; a test says `drained` itself. */
  open = true
  readonly written: Buffer[] = []
  /** Those of the writes that were said to be all of the call. */
  wholes = 0
  paused = false
  hasHead = false
  /** How the gateway let it go. */
  left: 'released' | 'abandoned' | undefined

  get bytes(): Buffer {
    return Buffer.concat(this.written)
  }

  write(bytes: Buffer, whole = false): boolean {
    this.#notLeft('write')
    this.written.push(Buffer.from(bytes))
    if (whole) this.wholes++
    return this.open
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  release(): void {
    this.#leave('released')
  }

  abandon(): void {
    this.#leave('abandoned')
  }

  answering(): void {
    this.hasHead = true
  }

  /** The peer sends these octets, and they are overwritten once they were taken. */
  deliver(...pieces: readonly (Buffer | string)[]): void {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece as string, 'latin1')
      this.sink?.data(bytes)
      bytes.fill('#')
    }
  }

  drain(): void {
    this.open = true
    this.sink?.drained()
  }

  /** The peer closes its side in order. */
  end(): void {
    this.sink?.ended(new PorticoError('E_BACKEND_FAILED', 'closed in order'))
  }

  /** The connection breaks. */
  break(unread = false): void {
    this.sink?.closed(new PorticoError('E_BACKEND_FAILED', 'reset'), unread)
    this.sink = undefined
  }

  #leave(how: 'released' | 'abandoned'): void {
    this.#notLeft(how)
    this.left = how
    this.sink = undefined
  }

  #notLeft(what: string): void {
    if (this.left !== undefined) throw new Error(`${what} after the channel was ${this.left}`)
  }
}

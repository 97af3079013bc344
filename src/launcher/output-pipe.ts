// The stdout or stderr of a script, read as it comes.

import { readSync } from 'node:fs'
import { Socket } from 'node:net'

export interface OutputSink {
  data(bytes: Buffer): void
  /** Every process that had its other end has let go of it. Not told after close(). */
  ended(): void
}

/** Of one read. */
const pieceBytes = 64 * 1024

export class OutputPipe {
  readonly #descriptor: number
  readonly #socket: Socket
  #ended = false

  /** Owns the descriptor. */
  constructor(descriptor: number, sink: OutputSink) {
    this.#descriptor = descriptor
    this.#socket = new Socket({ fd: descriptor, readable: true, writable: false })
    const end = (): void => {
      if (this.#ended) return
      this.#ended = true
      this.#socket.destroy()
      sink.ended()
    }
    this.#socket.on('data', (bytes: Buffer) => {
      if (!this.#ended) sink.data(bytes)
    })
    this.#socket.on('end', end)
    this.#socket.on('error', end)
  }

  get isOpen(): boolean {
    return !this.#ended
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** What is there and has not been told, without waiting; stops at some `mostBytes`. Then it is closed. */
  rest(mostBytes: number): Buffer {
    if (this.#ended) return nothing
    // Reading tells of it as well, and it is for us alone.
    this.#ended = true
    const held: Buffer | null = this.#socket.read()
    const pieces = held === null ? [] : [held]
    let bytes = held?.length ?? 0
    for (let piece = this.#piece(); piece.length > 0; piece = this.#piece()) {
      pieces.push(piece)
      bytes += piece.length
      if (bytes > mostBytes) break
    }
    this.close()
    return Buffer.concat(pieces)
  }

  close(): void {
    this.#ended = true
    this.#socket.destroy()
  }

  #piece(): Buffer {
    const piece = Buffer.allocUnsafe(pieceBytes)
    try {
      return piece.subarray(0, readSync(this.#descriptor, piece))
    } catch {
      return nothing // EAGAIN: it is empty
    }
  }
}

const nothing = Buffer.alloc(0)

// The stdin of a script: a pipe that is written as the script reads, and closed where the input ends.

import { closeSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { codeOf } from './unrunnable.ts'

/** Input that waits for the script, octets; above it the connection is not read. */
const fullBytes = 64 * 1024

export class InputPipe {
  readonly #descriptor: number
  readonly #drained: () => void
  /** Only of an input that the pipe does not take at once. */
  #socket: Socket | undefined
  #ended = false
  #closed = false

  /**
   * Owns the descriptor. A script that wants no input loses the rest.
   * @param drained it takes more again
   */
  constructor(descriptor: number, drained: () => void) {
    this.#descriptor = descriptor
    this.#drained = drained
  }

  /** Nothing more is to be given for now. */
  get isFull(): boolean {
    return (this.#socket?.writableLength ?? 0) >= fullBytes
  }

  /** The content is not looked at any more afterwards. Before the script is started this is usually all of it. */
  give(content: Buffer, ended: boolean): void {
    if (this.#closed) return
    this.#ended = ended
    const rest = this.#socket === undefined ? this.#write(content) : content
    if (rest.length > 0) this.#writeLater(Buffer.from(rest))
    this.#closeAtEnd()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#socket === undefined) closeSync(this.#descriptor)
    else this.#socket.destroy()
  }

  /** What it does not take. */
  #write(content: Buffer): Buffer {
    let at = 0
    try {
      while (at < content.length) at += writeSync(this.#descriptor, content, at)
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') this.close() // nobody reads it any more
    }
    return this.#closed ? nothing : content.subarray(at)
  }

  #writeLater(content: Buffer): void {
    this.#socket ??= this.#open()
    this.#socket.write(content, () => this.#closeAtEnd())
  }

  #open(): Socket {
    const socket = new Socket({ fd: this.#descriptor, readable: false, writable: true })
    socket.on('drain', this.#drained)
    // EPIPE: the script has closed its end. What waits for it to read more must not wait any longer.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
      this.#drained()
    })
    return socket
  }

  #closeAtEnd(): void {
    if (this.#ended && (this.#socket?.writableLength ?? 0) === 0) this.close()
  }
}

const nothing = Buffer.alloc(0)

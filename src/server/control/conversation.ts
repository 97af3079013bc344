// One connection to the control socket: a line that asks, lines that answer, the end. A peer that says nothing, says too
// much or does not read costs no more than its deadline and its share of memory.

import type { Socket } from 'node:net'
import { Deadline } from '../../process/deadline.ts'
import { LineSplitter } from '../../process/worker/line-splitter.ts'
import { type ControlAnswer, encodeLine, type ParsedRequest, parseRequest, requestBytes } from './protocol.ts'

/** From the connection to its request. */
const requestMs = 10_000
/** How long a peer may take none of the answer, and how long it may keep a connection that is over. */
const writeIdleMs = 30_000
/** Octets that may wait for a peer before more is held back. */
const crowdedBytes = 1024 * 1024

export class Conversation {
  readonly #socket: Socket
  readonly #deadline = new Deadline()
  #asked = false
  #keeps = false
  #whenGone: (() => void) | undefined

  /** @param asked is called once, with what the first line says */
  constructor(socket: Socket, asked: (request: ParsedRequest) => void) {
    this.#socket = socket
    const ask = (request: ParsedRequest): void => {
      if (this.#asked) return
      this.#asked = true
      this.#deadline.clear()
      asked(request)
    }
    const splitter = new LineSplitter(requestBytes, {
      line: (bytes, complete) => ask(complete ? parseRequest(bytes.toString('utf8')) : tooLong),
    })
    this.#deadline.arm(requestMs, () => ask({ kind: 'bad', message: 'the request did not come in time' }))
    socket.on('data', (bytes) => {
      // Behind the request there is nothing to say.
      if (!this.#asked) splitter.push(bytes)
    })
    socket.on('drain', () => this.#deadline.clear())
    // Followed by 'close'.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#deadline.clear()
      this.#whenGone?.()
    })
  }

  /** The peer has gone. */
  get isGone(): boolean {
    return this.#socket.destroyed
  }

  /** Its request has come, or the time for it is over. */
  get hasAsked(): boolean {
    return this.#asked
  }

  /** The peer reads slower than it is written to. */
  get isCrowded(): boolean {
    return this.#socket.writableLength > crowdedBytes
  }

  send(answer: ControlAnswer): void {
    if (!this.#socket.writable || this.#socket.write(encodeLine(answer))) return
    this.#deadline.arm(writeIdleMs, () => this.#socket.destroy())
  }

  end(exit: number): void {
    // Nobody is there to wait for, and a deadline would keep this process.
    if (this.#socket.destroyed) return
    this.send({ kind: 'end', exit })
    this.#socket.end(() => this.#socket.destroy())
    this.#deadline.arm(writeIdleMs, () => this.#socket.destroy())
  }

  /** Called when the peer has gone. */
  onGone(call: () => void): void {
    this.#whenGone = call
  }

  /** The connection lasts as long as this process, and does not keep it: its end is what the peer waits for. */
  keepToTheEnd(): void {
    this.#keeps = true
    this.#socket.unref()
  }

  /** The server ends. */
  close(): void {
    this.#deadline.clear()
    if (!this.#keeps) this.#socket.destroy()
  }
}

const tooLong: ParsedRequest = { kind: 'bad', message: `the request is longer than ${requestBytes} octets` }

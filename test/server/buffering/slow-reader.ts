// A client that asks and does not read until it is told to, and checks what it then gets.

import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { within } from '../../double/socket.ts'

const connectMs = 10_000
const readMs = 60_000
const blockBytes = 1_048_576

export class SlowReader {
  readonly #socket: Socket
  readonly #connected: Promise<void>

  constructor(port: number, path: string) {
    this.#socket = connect({ port, host: '127.0.0.1' })
    // One end of the tests is a reset, and nobody listens for it then.
    this.#socket.on('error', () => {})
    this.#socket.pause()
    this.#connected = new Promise((resolve) => this.#socket.once('connect', resolve))
    this.#socket.write(`GET ${path} HTTP/1.0\r\nHost: slow\r\n\r\n`)
    onTestFinished(() => {
      this.#socket.destroy()
    })
  }

  connected(): Promise<void> {
    return within(connectMs, this.#connected, 'a connection')
  }

  leave(): void {
    this.#socket.resetAndDestroy()
  }

  /** Reads to the end; the number of whole blocks, each filled with its number, or what is wrong with them. */
  async blocks(): Promise<number | string> {
    const pieces: Buffer[] = []
    const ended = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.on('data', (piece) => pieces.push(piece as Buffer))
    this.#socket.resume()
    await within(readMs, ended, 'the end of the answer')
    const answer = Buffer.concat(pieces)
    const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4)
    for (let at = 0; at < body.length; at += blockBytes) {
      const block = body.subarray(at, at + blockBytes)
      const filled = Buffer.alloc(block.length, (at / blockBytes) % 256)
      if (!block.equals(filled)) return `block ${at / blockBytes} is not what was sent`
    }
    return body.length / blockBytes
  }
}

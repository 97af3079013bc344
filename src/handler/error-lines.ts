// What a script writes to stderr, as lines of the log with the id of its request. A script is somebody else's program that
// may write without end: one request gets so many octets of log and no more.

import type { Facts } from '../failure.ts'
import type { Log } from '../log/log.ts'

/** Of one request, and of one line; octets. */
const mostOctets = 1024 * 1024
const mostOfLine = 16 * 1024

export class ErrorLines {
  readonly #log: Log
  readonly #facts: Facts
  #begun = ''
  #octets = 0
  #dropped = 0

  constructor(log: Log, facts: Facts) {
    this.#log = log
    this.#facts = facts
  }

  /** Pieces of it, which need not end where lines do. */
  push(text: Buffer): void {
    const room = mostOctets - this.#octets
    this.#dropped += Math.max(0, text.length - room)
    if (room <= 0) return
    this.#octets += Math.min(text.length, room)
    const lines = (this.#begun + text.toString('latin1', 0, room)).split('\n')
    this.#begun = lines.pop() ?? ''
    for (const line of lines) this.#write(line)
    if (this.#begun.length <= mostOfLine) return
    this.#write(this.#begun)
    this.#begun = ''
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#begun !== '') this.#write(this.#begun)
    this.#begun = ''
    if (this.#dropped > 0) this.#write(`${this.#dropped} octets more were left out`)
    this.#dropped = 0
  }

  #write(line: string): void {
    // Decoded here, where no character can be cut in two.
    const text = Buffer.from(line, 'latin1').toString('utf8').trimEnd()
    if (text !== '') this.#log.warn('application.errors', this.#facts, text)
  }
}

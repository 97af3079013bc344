// What an interpreter writes on a descriptor of its own when it crashes, or when it is asked by a signal to show what
// its threads do: neither needs the lock of the interpreter, so both work when nothing else in it does.

import type { Readable } from 'node:stream'
import { Deadline } from '../deadline.ts'

/** Of what a crashing interpreter says, characters. */
const crashLength = 64 * 1024
/** How long the stacks that were asked for may keep us waiting, and how often it is looked whether all of them are here. */
const patienceMs = 1000
const lookMs = 50

export class CrashText {
  #text = ''

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      if (this.#text.length < crashLength) this.#text += piece
    })
    // A reset pipe is an end like any other.
    stream.on('error', () => {})
  }

  /** All of it; '' when nothing was said. */
  get text(): string {
    return this.#text.trimEnd()
  }

  /** What is said from now on until it is quiet, at most for a second; it does not count as said at the crash then. */
  async next(): Promise<string> {
    const before = this.#text.length
    let length = before
    for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += lookMs) {
      await pause(lookMs)
      if (this.#text.length > before && this.#text.length === length) break
      length = this.#text.length
    }
    const said = this.#text.slice(before)
    this.#text = this.#text.slice(0, before)
    return said.trimEnd()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => new Deadline().arm(ms, resolve))
}

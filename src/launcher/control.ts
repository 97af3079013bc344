// Descriptor 3, the control socket to the supervisor: one JSON object a line in each direction (control-line.ts is its other
// side). Its end is the lifeline: when the supervisor is gone, the launcher is gone at once.

import { Socket } from 'node:net'
import type { StartFailure } from '../process/worker/control-line.ts'
import { parseJsonLine } from '../process/worker/json-line.ts'
import { LineSplitter } from '../process/worker/line-splitter.ts'

export interface ControlSink {
  /** The first line. */
  configuration(line: string): void
  command(command: Readonly<Record<string, unknown>>): void
  /** The supervisor is gone. */
  gone(): void
}

const descriptor = 3
/** The configuration has the whole environment of scripts. */
const maxLineBytes = 16 * 1024 * 1024

export class Control {
  readonly #socket = new Socket({ fd: descriptor, readable: true, writable: true })
  #isConfigured = false

  constructor(sink: ControlSink) {
    const splitter = new LineSplitter(maxLineBytes, { line: (bytes) => this.#take(bytes.toString(), sink) })
    this.#socket.on('data', (bytes: Buffer) => splitter.push(bytes))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => sink.gone())
  }

  /** @param sent it is out, or nobody reads any more */
  send(event: Readonly<Record<string, unknown>>, sent: () => void = () => {}): void {
    this.#socket.write(`${JSON.stringify(event)}\n`, sent)
  }

  fail(failure: StartFailure, sent: () => void): void {
    this.send({ event: 'failed', ...failure }, sent)
  }

  #take(line: string, sink: ControlSink): void {
    if (!this.#isConfigured) {
      this.#isConfigured = true
      sink.configuration(line)
      return
    }
    // A supervisor of another version may say what nobody here understands.
    const command = parseJsonLine(line)
    if (command !== undefined) sink.command(command)
  }
}

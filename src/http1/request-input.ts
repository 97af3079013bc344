// The body of one request on an HTTP/1.1 connection: nothing flows until somebody reads.
// Holds no socket; the connection pushes into it and is told when to pause.

import type { PorticoError } from '../failure.ts'
import type { Input, InputSink } from '../http/exchange.ts'

/** What the input asks of its connection. */
export interface InputOwner {
  /** The reader is there: send 100 (Continue) if it is awaited, deliver what has come. */
  inputWanted(): void
  inputPaused(): void
  inputResumed(): void
}

export class RequestInput implements Input {
  readonly length: number | undefined
  readonly #owner: InputOwner
  #sink: InputSink | undefined
  #failure: PorticoError | undefined
  #paused = false
  #done = false

  constructor(length: number | undefined, owner: InputOwner) {
    this.length = length
    this.#owner = owner
  }

  /** Somebody has begun to read. */
  get wanted(): boolean {
    return this.#sink !== undefined
  }

  get flowing(): boolean {
    return this.#sink !== undefined && !this.#paused && !this.#done
  }

  read(sink: InputSink): void {
    if (this.#sink !== undefined) throw new Error('the input of a request can be read once only')
    this.#sink = sink
    if (this.#failure === undefined) this.#owner.inputWanted()
    else sink.fail(this.#failure)
  }

  pause(): void {
    this.#paused = true
    this.#owner.inputPaused()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#owner.inputResumed()
  }

  /** The connection delivers. */
  push(bytes: Buffer): void {
    if (!this.#done) this.#sink?.data(bytes)
  }

  finish(): void {
    if (this.#done) return
    this.#done = true
    this.#sink?.end()
  }

  abort(failure: PorticoError): void {
    if (this.#done) return
    this.#done = true
    // Whoever begins to read after this is told then.
    this.#failure = failure
    this.#sink?.fail(failure)
  }
}

/** The body of a request that has none: the same object for all of them. */
export const noInput: Input = {
  length: 0,
  read: (sink) => sink.end(),
  pause: () => {},
  resume: () => {},
}

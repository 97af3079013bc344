// The output of a file too large for one answer: reads a span of an open descriptor piece by piece, as fast as the sink
// takes it. Owns the descriptor from the start and closes it exactly once, whatever happens.

import { close, read } from 'node:fs'
import { PorticoError } from '../../failure.ts'
import type { OutputSink, OutputSource } from '../../http/exchange.ts'

/** Octets a read. Larger pieces were not faster and hold more memory for each slow client. */
export const pieceBytes = 128 * 1024

/** The part of a file that is sent: the whole for now, ranges later. */
export interface Span {
  readonly fd: number
  /** First octet. */
  readonly start: number
  /** Octets announced: never more are sent, and fewer are a failure. */
  readonly length: number
}

export class FileSource implements OutputSource {
  readonly #fd: number
  readonly #name: string
  #position: number
  #remaining: number
  #sink: OutputSink | undefined
  /** A read is under way: the descriptor must not be closed, another thread is using it. */
  #reading = false
  #waiting = false
  #resumed = false
  #over = false

  /** `name` is for the failure's facts. */
  constructor(span: Span, name: string) {
    this.#fd = span.fd
    this.#name = name
    this.#position = span.start
    this.#remaining = span.length
  }

  start(sink: OutputSink): void {
    if (this.#over || this.#sink !== undefined) return
    this.#sink = sink
    if (this.#remaining === 0) this.#finish()
    else this.#read()
  }

  resume(): void {
    this.#resumed = true
    if (!this.#waiting || this.#over) return
    this.#waiting = false
    this.#read()
  }

  cancel(): void {
    if (this.#over) return
    this.#over = true
    if (!this.#reading) this.#close()
  }

  #read(): void {
    // Not from the pool of small buffers, and not zeroed: read() says how much of it is the file's.
    const piece = Buffer.allocUnsafeSlow(Math.min(pieceBytes, this.#remaining))
    this.#reading = true
    read(this.#fd, piece, 0, piece.length, this.#position, (error, count) => {
      this.#reading = false
      if (this.#over) return this.#close()
      if (error !== null) {
        return this.#fail(new PorticoError('E_FILE_UNREADABLE', undefined, this.#facts(error.code), error))
      }
      if (count === 0) {
        return this.#fail(
          new PorticoError('E_OUTPUT_CUT_SHORT', 'the file shrank while it was sent', this.#facts()),
        )
      }
      this.#deliver(count === piece.length ? piece : piece.subarray(0, count))
    })
  }

  #deliver(piece: Buffer): void {
    this.#position += piece.length
    this.#remaining -= piece.length
    this.#resumed = false
    const room = this.#sink?.write(piece) === true
    // write may have led to cancel, or to resume before it came back.
    if (this.#over) return
    if (this.#remaining === 0) this.#finish()
    else if (room || this.#resumed) this.#read()
    else this.#waiting = true
  }

  #finish(): void {
    this.#over = true
    this.#close()
    this.#sink?.end()
  }

  #fail(failure: PorticoError): void {
    this.#over = true
    this.#close()
    this.#sink?.fail(failure)
  }

  #close(): void {
    close(this.#fd, () => {})
  }

  #facts(errno?: string): { file: string; missing: number; errno: string | undefined } {
    return { file: this.#name, missing: this.#remaining, errno }
  }
}

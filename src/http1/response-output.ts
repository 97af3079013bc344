// The streamed body of one answer (RFC 9112 section 6): counted, chunked or delimited by the close.
// An output that was cut short never looks complete: no last chunk, fewer octets than announced, or a reset.

import type { Socket } from 'node:net'
import type { PorticoError } from '../failure.ts'
import type { OutputSink, OutputSource } from '../http/exchange.ts'
import { abortSocket } from './abort.ts'
import type { OutputFraming } from './host.ts'
import { sendFile } from './send-file.ts'
import { chunkEnd, chunkStart, lastChunk } from './serializer.ts'

/** Pieces up to this size are copied together with their framing; larger ones are gathered by writev. */
const copyBytes = 16 * 1024

export class ResponseOutput implements OutputSink {
  readonly #socket: Socket
  readonly #source: OutputSource
  readonly #framing: OutputFraming
  readonly #finished: (bodyBytes: number, complete: boolean, failure?: PorticoError) => void
  #pendingHead = ''
  #done = false
  #waiting = false
  /** Octets of the body that were written. */
  bodyBytes = 0

  /** @param framing the announced number of octets, or how the end will be known */
  constructor(
    socket: Socket,
    source: OutputSource,
    framing: OutputFraming,
    finished: (bodyBytes: number, complete: boolean, failure?: PorticoError) => void,
  ) {
    this.#socket = socket
    this.#source = source
    this.#framing = framing
    this.#finished = finished
  }

  /** The head goes out with the first piece when that comes at once, else on its own: it never waits. */
  start(head: string): void {
    this.#pendingHead = head
    this.#source.start(this)
    if (this.#pendingHead !== '') this.#flushHead()
  }

  write(bytes: Buffer): boolean {
    if (this.#done) return true
    let piece = bytes
    if (typeof this.#framing === 'number' && this.bodyBytes + bytes.length > this.#framing) {
      piece = bytes.subarray(0, this.#framing - this.bodyBytes)
    }
    if (piece.length === 0) return true
    this.bodyBytes += piece.length
    const open =
      this.#framing === 'chunked'
        ? this.#writePiece(chunkStart(piece.length), piece, chunkEnd)
        : this.#writePiece('', piece, '')
    if (!open) this.#waiting = true
    return open
  }

  sendFile(file: number, position: number, length: number): number {
    if (this.#done || typeof this.#framing !== 'number') return 0
    this.#flushHead()
    const taken = sendFile(this.#socket, file, position, Math.min(length, this.#framing - this.bodyBytes))
    this.bodyBytes += taken
    return taken
  }

  end(): void {
    if (this.#done) return
    if (typeof this.#framing === 'number' && this.bodyBytes < this.#framing) {
      this.#cutShort()
      return
    }
    this.#done = true
    const tail = this.#framing === 'chunked' ? lastChunk : ''
    const text = this.#takeHead() + tail
    if (text !== '') this.#socket.write(text, 'latin1')
    this.#finished(this.bodyBytes, true)
  }

  fail(failure: PorticoError): void {
    if (!this.#done) this.#cutShort(failure)
  }

  /** Somebody else than the source ends it. */
  abort(failure: PorticoError): void {
    if (this.#done) return
    this.#cutShort(failure)
    this.#source.cancel()
  }

  /** The socket has room again. */
  drained(): void {
    if (!this.#waiting || this.#done) return
    this.#waiting = false
    this.#source.resume()
  }

  /** The connection is gone. */
  cancel(): void {
    if (this.#done) return
    this.#done = true
    this.#source.cancel()
  }

  #cutShort(failure?: PorticoError): void {
    this.#done = true
    this.#flushHead()
    // The end of the connection is the end of a close-delimited body: only a reset can say that this is not it.
    if (this.#framing === 'close') abortSocket(this.#socket)
    this.#finished(this.bodyBytes, false, failure)
  }

  #takeHead(): string {
    const head = this.#pendingHead
    this.#pendingHead = ''
    return head
  }

  #flushHead(): void {
    const head = this.#takeHead()
    if (head !== '') this.#socket.write(head, 'latin1')
  }

  #writePiece(before: string, piece: Buffer, after: string): boolean {
    const socket = this.#socket
    const lead = this.#takeHead() + before
    if (lead === '' && after === '') return socket.write(piece)
    if (piece.length <= copyBytes) {
      const whole = Buffer.allocUnsafe(lead.length + piece.length + after.length)
      whole.write(lead, 0, 'latin1')
      piece.copy(whole, lead.length)
      if (after !== '') whole.write(after, lead.length + piece.length, 'latin1')
      return socket.write(whole)
    }
    socket.cork()
    socket.write(lead, 'latin1')
    let open = socket.write(piece)
    if (after !== '') open = socket.write(after, 'latin1')
    socket.uncork()
    return open
  }
}

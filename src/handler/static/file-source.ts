// The output of a file too large for one answer: reads pieces of an open descriptor as fast as the sink takes them.
// Owns the descriptor from the start and closes it exactly once, whatever happens.

import { close, read } from 'node:fs'
import { PorticoError } from '../../failure.ts'
import type { OutputSink, OutputSource } from '../../http/exchange.ts'
import { maxBurstBytes, readInMemory } from '../../http1/send-file.ts'
import type { Piece } from './partial.ts'
import { giveBuffer, readBytes, takeBuffer } from './read-buffers.ts'

/** Written after a burst without copies, to hear of the next room: Node tells of it when at least so much waits. */
const waitingBytes = 64 * 1024

export class FileSource implements OutputSource {
  readonly #fd: number
  readonly #name: string
  readonly #pieces: readonly Piece[]
  /** The piece that is being sent, and the next octet of the file where that is a range. */
  #at = 0
  #position = 0
  #sink: OutputSink | undefined
  /** Holds what was written last until the sink has taken it; then it is read into again. */
  #buffer: Buffer | undefined
  /** A read is under way: the descriptor must not be closed, another thread is using it. */
  #reading = false
  #waiting = false
  #resumed = false
  #over = false

  /**
   * @param pieces never more than their octets are sent, and fewer are a failure
   * @param name for the failure's facts
   */
  constructor(fd: number, pieces: readonly Piece[], name: string) {
    this.#fd = fd
    this.#pieces = pieces
    this.#name = name
  }

  start(sink: OutputSink): void {
    if (this.#over || this.#sink !== undefined) return
    this.#sink = sink
    this.#enter(0)
    this.#next()
  }

  resume(): void {
    this.#resumed = true
    if (!this.#waiting || this.#over) return
    this.#waiting = false
    this.#next()
  }

  cancel(): void {
    if (this.#over) return
    this.#over = true
    if (!this.#reading) this.#close()
  }

  #enter(at: number): void {
    const piece = this.#pieces[at]
    this.#at = at
    if (piece !== undefined && !Buffer.isBuffer(piece)) this.#position = piece.start
  }

  #next(): void {
    const piece = this.#pieces[this.#at]
    if (piece === undefined) this.#finish()
    else if (Buffer.isBuffer(piece)) {
      this.#enter(this.#at + 1)
      this.#deliver(piece)
    } else if (this.#position === piece.end) {
      this.#enter(this.#at + 1)
      this.#next()
    } else this.#send(piece.end)
  }

  /** What the socket has room for goes without a copy; what it takes when it has room again is read. */
  #send(end: number): void {
    const wanted = end - this.#position
    const sent = this.#sink?.sendFile?.(this.#fd, this.#position, wanted) ?? 0
    this.#position += sent
    if (sent === wanted) this.#next()
    else if (sent === 0) this.#read(Math.min(wanted, readBytes))
    // The others first, then more of the same.
    else if (sent === maxBurstBytes) setImmediate(() => this.#over || this.#next())
    else this.#waitForRoom(Math.min(wanted - sent, waitingBytes))
  }

  /** The socket is full: octets that wait for room, as usual, say when there is some. */
  #waitForRoom(length: number): void {
    this.#buffer ??= takeBuffer()
    const count = readInMemory(this.#fd, this.#buffer, this.#position, length)
    this.#position += count
    if (count === 0) this.#read(length)
    else this.#deliver(this.#buffer.subarray(0, count))
  }

  #read(wanted: number): void {
    this.#buffer ??= takeBuffer()
    const buffer = this.#buffer
    this.#reading = true
    read(this.#fd, buffer, 0, wanted, this.#position, (error, count) => {
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
      this.#position += count
      this.#deliver(buffer.subarray(0, count))
    })
  }

  #deliver(octets: Buffer): void {
    this.#resumed = false
    const room = this.#sink?.write(octets) === true
    // write may have led to cancel, or to resume before it came back.
    if (this.#over) return
    // What was taken without a word about when it left may still be on its way.
    if (room) this.#buffer = undefined
    if (room || this.#resumed) this.#next()
    else this.#waiting = true
  }

  #finish(): void {
    this.#over = true
    if (this.#buffer !== undefined) giveBuffer(this.#buffer)
    this.#close()
    this.#sink?.end()
  }

  #fail(failure: PorticoError): void {
    this.#over = true
    this.#close()
    this.#sink?.fail(failure)
  }

  #close(): void {
    this.#buffer = undefined
    close(this.#fd, () => {})
  }

  #facts(errno?: string): { file: string; position: number; errno: string | undefined } {
    return { file: this.#name, position: this.#position, errno }
  }
}

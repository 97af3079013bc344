// The spool: a request body is taken in whole before it may occupy a slot, first in memory, then in a file that has
// no name any more (DESIGN section 2, order of admission). Sized input for every gateway, whatever its framing was.

import { close, constants, open, read, unlink, write } from 'node:fs'
import { join } from 'node:path'
import { PorticoError } from '../failure.ts'
import type { Input, InputSink } from '../http/exchange.ts'

export interface SpoolSettings {
  /** Where the files stand for the moment between creation and unlink. */
  readonly directory: string
  /** Octets of one body that stay in memory. */
  readonly memoryBytes: number
  /** Octets of all bodies together; over it 503. */
  readonly totalBytes: number
}

/** Takes what a spool made of an input. Exactly one of the two is called. */
export interface SpoolOwner {
  spooled(input: SpooledInput): void
  spoolFailed(failure: PorticoError): void
}

/** A body that is all here. Read it once, then close it. */
export interface SpooledInput {
  readonly length: number
  /** The whole body when it fitted into memory. */
  readonly pieces: readonly Buffer[] | undefined
  /** The next piece, undefined at the end; a piece may be overwritten by the next call. */
  next(take: (failure: PorticoError | undefined, piece: Buffer | undefined) => void): void
  /** Reads from the start again (a call that surely was not begun is sent once more). */
  rewind(): void
  close(): void
}

const pieceBytes = 64 * 1024

/** The spool of one HTTP process: counts what all bodies together hold. */
export class Spool {
  readonly settings: SpoolSettings
  #used = 0
  #count = 0

  constructor(settings: SpoolSettings) {
    this.settings = settings
  }

  /** Octets held now. */
  get usedBytes(): number {
    return this.#used
  }

  /** Starts to take the input in. @param maxBytes body limit; beyond it the owner hears E_INPUT_TOO_LARGE */
  take(input: Input, maxBytes: number, owner: SpoolOwner): SpoolWriter {
    const writer = new SpoolWriter(this, input, maxBytes, owner)
    input.read(writer)
    return writer
  }

  reserve(bytes: number): boolean {
    if (this.settings.totalBytes > 0 && this.#used + bytes > this.settings.totalBytes) return false
    this.#used += bytes
    return true
  }

  free(bytes: number): void {
    this.#used -= bytes
  }

  /** A file name that no other process and no earlier body used. */
  nextPath(): string {
    this.#count++
    return join(this.settings.directory, `portico-${process.pid}-${this.#count}.body`)
  }
}

/** Collects one body. */
export class SpoolWriter implements InputSink {
  readonly #spool: Spool
  readonly #input: Input
  readonly #maxBytes: number
  readonly #owner: SpoolOwner
  #pieces: Buffer[] = []
  #length = 0
  #written = 0
  #file = -1
  #writing = false
  #ended = false
  #over = false

  constructor(spool: Spool, input: Input, maxBytes: number, owner: SpoolOwner) {
    this.#spool = spool
    this.#input = input
    this.#maxBytes = maxBytes
    this.#owner = owner
  }

  data(bytes: Buffer): void {
    if (this.#over) return
    if (this.#maxBytes > 0 && this.#length + bytes.length > this.#maxBytes) {
      this.#giveUp(new PorticoError('E_INPUT_TOO_LARGE', undefined, { limit: this.#maxBytes }))
      return
    }
    if (!this.#spool.reserve(bytes.length)) {
      this.#giveUp(new PorticoError('E_SPOOL_FULL', undefined, { limit: this.#spool.settings.totalBytes }))
      return
    }
    this.#length += bytes.length
    this.#pieces.push(bytes)
    if (this.#length > this.#spool.settings.memoryBytes) this.#toFile()
  }

  end(): void {
    this.#ended = true
    if (!this.#over && !this.#writing) this.#complete()
  }

  fail(failure: PorticoError): void {
    this.#giveUp(failure)
  }

  /** The client has gone or nobody needs the body any more. No call to the owner follows. */
  cancel(): void {
    if (!this.#over) this.#drop()
  }

  #toFile(): void {
    if (this.#writing) return
    this.#writing = true
    // While the disk works, the client waits: the body never piles up in memory.
    this.#input.pause()
    if (this.#file >= 0) this.#writePieces()
    else this.#openFile()
  }

  #openFile(): void {
    const path = this.#spool.nextPath()
    open(
      path,
      constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
      (error, file) => {
        if (error !== null) {
          this.#writing = false
          this.#giveUp(this.#failure(error))
          return
        }
        // Without a name the file is gone with its descriptor, also after a kill -9.
        unlink(path, () => {})
        if (this.#over) {
          this.#writing = false
          close(file, () => {})
          return
        }
        this.#file = file
        this.#writePieces()
      },
    )
  }

  #writePieces(): void {
    const bytes = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#writeAll(bytes, 0)
  }

  #writeAll(bytes: Buffer, from: number): void {
    write(this.#file, bytes, from, bytes.length - from, this.#written, (error, count) => {
      if (error !== null || this.#over) {
        this.#writing = false
        if (error !== null && !this.#over) this.#giveUp(this.#failure(error))
        else this.#closeFile()
        return
      }
      this.#written += count
      if (from + count < bytes.length) this.#writeAll(bytes, from + count)
      else if (this.#pieces.length > 0) this.#writePieces()
      else {
        this.#writing = false
        if (this.#ended) this.#complete()
        else this.#input.resume()
      }
    })
  }

  #complete(): void {
    this.#over = true
    this.#owner.spooled(
      new Spooled(this.#spool, this.#length, this.#file < 0 ? this.#pieces : undefined, this.#file),
    )
  }

  #giveUp(failure: PorticoError): void {
    if (this.#over) return
    this.#drop()
    this.#owner.spoolFailed(failure)
  }

  #drop(): void {
    this.#over = true
    this.#pieces = []
    this.#spool.free(this.#length)
    if (!this.#writing) this.#closeFile()
  }

  #closeFile(): void {
    if (this.#file >= 0) close(this.#file, () => {})
    this.#file = -1
  }

  #failure(error: NodeJS.ErrnoException): PorticoError {
    const facts = { directory: this.#spool.settings.directory, errno: error.code }
    return new PorticoError('E_SPOOL_FAILED', undefined, facts, error)
  }
}

class Spooled implements SpooledInput {
  readonly length: number
  readonly pieces: readonly Buffer[] | undefined
  readonly #spool: Spool
  #file: number
  #buffer: Buffer | undefined
  #at = 0
  #reading = false
  #closed = false

  constructor(spool: Spool, length: number, pieces: readonly Buffer[] | undefined, file: number) {
    this.#spool = spool
    this.length = length
    this.pieces = pieces
    this.#file = file
  }

  next(take: (failure: PorticoError | undefined, piece: Buffer | undefined) => void): void {
    if (this.#closed) {
      take(new PorticoError('E_CLIENT_GONE'), undefined)
      return
    }
    if (this.pieces !== undefined) {
      take(undefined, this.pieces[this.#at++])
      return
    }
    if (this.#at >= this.length) {
      take(undefined, undefined)
      return
    }
    this.#buffer ??= Buffer.allocUnsafe(pieceBytes)
    this.#reading = true
    read(this.#file, this.#buffer, 0, pieceBytes, this.#at, (error, count) => {
      this.#reading = false
      if (this.#closed) this.#closeFile()
      else if (error !== null)
        take(new PorticoError('E_SPOOL_FAILED', undefined, { errno: error.code }, error), undefined)
      else {
        this.#at += count
        take(undefined, this.#buffer?.subarray(0, count))
      }
    })
  }

  rewind(): void {
    this.#at = 0
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#spool.free(this.length)
    if (!this.#reading) this.#closeFile()
  }

  #closeFile(): void {
    if (this.#file >= 0) close(this.#file, () => {})
    this.#file = -1
  }
}

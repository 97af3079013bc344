// Takes one request body in: first in memory, beyond a limit in a file that has no name any more.

import { close, constants, open, unlink, write } from 'node:fs'
import { PorticoError } from '../failure.ts'
import type { Input, InputSink } from '../http/exchange.ts'
import type { SpoolOwner, SpoolRoom } from './input.ts'
import { SpooledBody } from './spooled-body.ts'

/** Pieces below this size are copied together. */
const smallBytes = 4096
const blockBytes = 16 * 1024

/** Collects one body. */
export class SpoolWriter implements InputSink {
  readonly #spool: SpoolRoom
  readonly #input: Input
  readonly #maxBytes: number
  readonly #owner: SpoolOwner
  #pieces: Buffer[] = []
  #block: Buffer | undefined
  #blockUsed = 0
  #length = 0
  #written = 0
  #file = -1
  #writing = false
  #ended = false
  #over = false

  constructor(spool: SpoolRoom, input: Input, maxBytes: number, owner: SpoolOwner) {
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
    this.#keep(bytes)
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

  // Small pieces are copied together: a body of one-octet chunks would otherwise be one object an octet, each holding
  // the read it came with. The first piece is mostly the only one, and stays what it is.
  #keep(bytes: Buffer): void {
    if (this.#pieces.length === 0 || bytes.length >= smallBytes) {
      this.#seal()
      this.#pieces.push(bytes)
      return
    }
    if (this.#block === undefined || this.#blockUsed + bytes.length > this.#block.length) {
      this.#seal()
      this.#block = Buffer.allocUnsafe(blockBytes)
    }
    this.#blockUsed += bytes.copy(this.#block, this.#blockUsed)
  }

  #seal(): void {
    if (this.#block !== undefined) this.#pieces.push(this.#block.subarray(0, this.#blockUsed))
    this.#block = undefined
    this.#blockUsed = 0
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
    this.#seal()
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
      else if (this.#pieces.length > 0 || this.#blockUsed > 0) this.#writePieces()
      else {
        this.#writing = false
        if (this.#ended) this.#complete()
        else this.#input.resume()
      }
    })
  }

  #complete(): void {
    this.#seal()
    this.#over = true
    this.#owner.spooled(
      new SpooledBody(this.#spool, this.#length, this.#file < 0 ? this.#pieces : undefined, this.#file),
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
    this.#block = undefined
    this.#blockUsed = 0
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

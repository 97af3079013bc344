// Takes one request body in: first in memory, beyond a limit in a file that has no name any more.

import { write } from 'node:fs'
import { PorticoError } from '../failure.ts'
import type { Input, InputSink } from '../http/exchange.ts'
import { type BodyLimit, bodyTooLarge, type SpoolOwner } from './input.ts'
import { PieceQueue } from './piece-queue.ts'
import { type SpoolRoom, spoolFailure } from './spool-room.ts'
import { SpooledBody } from './spooled-body.ts'
import { closeUnnamedFile, openUnnamedFile } from './unnamed-file.ts'

/** Collects one body. */
export class SpoolWriter implements InputSink {
  readonly #spool: SpoolRoom
  readonly #input: Input
  readonly #limit: BodyLimit
  readonly #owner: SpoolOwner
  #waiting = new PieceQueue()
  #length = 0
  #written = 0
  #file = -1
  #writing = false
  #ended = false
  #over = false

  constructor(spool: SpoolRoom, input: Input, limit: BodyLimit, owner: SpoolOwner) {
    this.#spool = spool
    this.#input = input
    this.#limit = limit
    this.#owner = owner
  }

  data(bytes: Buffer): void {
    if (this.#over) return
    if (this.#limit.bytes > 0 && this.#length + bytes.length > this.#limit.bytes) {
      this.#giveUp(bodyTooLarge(this.#limit))
      return
    }
    if (!this.#spool.reserve(bytes.length)) {
      this.#giveUp(new PorticoError('E_SPOOL_FULL', undefined, { limit: this.#spool.settings.totalBytes }))
      return
    }
    this.#length += bytes.length
    this.#waiting.keep(bytes)
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
    openUnnamedFile(this.#spool.nextPath(), (error, file) => {
      if (error !== null) {
        this.#writing = false
        this.#giveUp(spoolFailure(this.#spool.settings, error))
        return
      }
      this.#file = file
      if (this.#over) {
        this.#writing = false
        this.#closeFile()
      } else this.#writePieces()
    })
  }

  #writePieces(): void {
    this.#writeAll(this.#waiting.takeAll(), 0)
  }

  #writeAll(bytes: Buffer, from: number): void {
    write(this.#file, bytes, from, bytes.length - from, this.#written, (error, count) => {
      if (error !== null || this.#over) {
        this.#writing = false
        if (error !== null && !this.#over) this.#giveUp(spoolFailure(this.#spool.settings, error))
        else this.#closeFile()
        return
      }
      this.#written += count
      if (from + count < bytes.length) this.#writeAll(bytes, from + count)
      else if (this.#waiting.bytes > 0) this.#writePieces()
      else {
        this.#writing = false
        if (this.#ended) this.#complete()
        else this.#input.resume()
      }
    })
  }

  #complete(): void {
    this.#over = true
    const pieces = this.#file < 0 ? this.#waiting.takePieces() : undefined
    this.#owner.spooled(new SpooledBody(this.#spool, this.#length, pieces, this.#file))
  }

  #giveUp(failure: PorticoError): void {
    if (this.#over) return
    this.#drop()
    this.#owner.spoolFailed(failure)
  }

  #drop(): void {
    this.#over = true
    this.#waiting = new PieceQueue()
    this.#spool.free(this.#length)
    if (!this.#writing) this.#closeFile()
  }

  #closeFile(): void {
    closeUnnamedFile(this.#file)
    this.#file = -1
  }
}

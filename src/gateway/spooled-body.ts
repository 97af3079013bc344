// A request body that is all here, in memory or in a file, and is read out piece by piece.

import { read } from 'node:fs'
import { PorticoError } from '../failure.ts'
import type { CallInput } from './input.ts'
import { type SpoolRoom, spoolFailure } from './spool-room.ts'
import { closeUnnamedFile } from './unnamed-file.ts'

const pieceBytes = 64 * 1024

export class SpooledBody implements CallInput {
  readonly length: number
  readonly pieces: readonly Buffer[] | undefined
  readonly #spool: SpoolRoom
  #file: number
  #buffer: Buffer | undefined
  #at = 0
  #reading = false
  #closed = false

  constructor(spool: SpoolRoom, length: number, pieces: readonly Buffer[] | undefined, file: number) {
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
      if (this.#closed) {
        this.#closeFile()
        take(new PorticoError('E_CLIENT_GONE'), undefined)
      } else if (error !== null) take(spoolFailure(this.#spool.settings, error), undefined)
      else {
        this.#at += count
        take(undefined, this.#buffer?.subarray(0, count))
      }
    })
  }

  rewind(): boolean {
    // What is being read for the call before would count as read by the next one.
    if (this.#reading) return false
    this.#at = 0
    return true
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#spool.free(this.length)
    if (!this.#reading) this.#closeFile()
  }

  #closeFile(): void {
    closeUnnamedFile(this.#file)
    this.#file = -1
  }
}

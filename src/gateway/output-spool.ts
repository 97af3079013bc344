// Output that its client does not take yet, so that a slow reader never holds a slot (DESIGN section 2): the socket
// first, then memory, then a file without a name. Bytes leave in the order they came, and none waits for another.

import { read, write } from 'node:fs'
import type { PorticoError } from '../failure.ts'
import type { OutputSink } from '../http/exchange.ts'
import { PieceQueue } from './piece-queue.ts'
import { type SpoolRoom, spoolFailure } from './spool-room.ts'
import { closeUnnamedFile, openUnnamedFile } from './unnamed-file.ts'

/** Octets read from the file at once. */
const blockBytes = 64 * 1024
/** Octets that may wait for the disk before the application has to. */
const diskQueueBytes = 128 * 1024

export interface OutputSpoolOwner {
  /** There is room again after `push` said false. */
  outputWanted(): void
  /** Everything is out, and `end` was called. */
  outputComplete(): void
  /** What was kept cannot be had back. Nothing more is called. */
  outputLost(failure: PorticoError): void
}

export class OutputSpool {
  readonly #room: SpoolRoom
  readonly #maxBytes: number
  readonly #sink: OutputSink
  readonly #owner: OutputSpoolOwner
  /** Next to go out. Behind it comes what is in the file between `#from` and `#to`, then `#tail`. */
  #head = new PieceQueue()
  #file = -1
  #from = 0
  #to = 0
  #tail = new PieceQueue()
  /** Octets that memory and disk hold; those of a file count until it is closed. */
  #kept = 0
  /** The sink takes more. */
  #open = true
  /** An operation on the file is under way. */
  #busy = false
  #unwritable = false
  #full = false
  #ended = false
  #closed = false

  /** @param maxBytes octets of this output that may wait, 0 = off */
  constructor(room: SpoolRoom, maxBytes: number, sink: OutputSink, owner: OutputSpoolOwner) {
    this.#room = room
    this.#maxBytes = maxBytes
    this.#sink = sink
    this.#owner = owner
  }

  /** Takes bytes, which are copied. False: no more until `outputWanted`. */
  push(bytes: Buffer): boolean {
    if (this.#closed) return true
    if (this.#kept === 0 && this.#open) {
      this.#open = this.#sink.write(Buffer.from(bytes))
      return true
    }
    this.#kept += bytes.length
    this.#room.keep(bytes.length)
    const { memoryBytes } = this.#room.settings
    if (this.#file < 0 && this.#tail.bytes === 0 && this.#head.bytes + bytes.length <= memoryBytes) {
      this.#head.copy(bytes)
    } else {
      this.#tail.copy(bytes)
      this.#toFile()
    }
    this.#full = !this.#hasRoom()
    return !this.#full
  }

  /** The sink has room again. */
  resume(): void {
    this.#open = true
    this.#drain()
  }

  /** Nothing more is pushed. `outputComplete` follows, at once when nothing waits. */
  end(): void {
    this.#ended = true
    if (this.#kept === 0) this.#owner.outputComplete()
  }

  /** Forgets what waits. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#room.free(this.#kept)
    this.#kept = 0
    this.#head = new PieceQueue()
    this.#tail = new PieceQueue()
    if (!this.#busy) this.#closeFile()
  }

  #hasRoom(): boolean {
    if (this.#unwritable || this.#tail.bytes > diskQueueBytes || this.#room.crowded) return false
    return this.#maxBytes === 0 || this.#kept < this.#maxBytes
  }

  #drain(): void {
    while (this.#open && !this.#closed) {
      const next = this.#head.shift()
      if (next !== undefined) this.#sendNext(next)
      else if (this.#busy) return
      else if (this.#from < this.#to) this.#readBlock()
      else if (this.#kept === 0) return
      else this.#emptyFile()
    }
  }

  #sendNext(next: Buffer): void {
    if (this.#file < 0) this.#release(next.length)
    this.#open = this.#sink.write(next)
    if (this.#kept === 0) this.#becomeEmpty()
  }

  /** All of the file has gone out: what did not get into it is next, and the file would only grow. */
  #emptyFile(): void {
    this.#closeFile()
    this.#head = this.#tail
    this.#tail = new PieceQueue()
    this.#unwritable = false
    this.#release(this.#kept - this.#head.bytes)
    if (this.#kept === 0) this.#becomeEmpty()
  }

  #release(bytes: number): void {
    this.#room.free(bytes)
    this.#kept -= bytes
  }

  #becomeEmpty(): void {
    if (this.#ended) this.#owner.outputComplete()
    else this.#wantMore()
  }

  #wantMore(): void {
    if (!this.#full) return
    this.#full = false
    this.#owner.outputWanted()
  }

  #toFile(): void {
    if (this.#busy || this.#unwritable || this.#tail.bytes === 0) return
    this.#busy = true
    if (this.#file >= 0) this.#writeTail()
    else openUnnamedFile(this.#room.nextPath(), (error, file) => this.#opened(error, file))
  }

  #opened(error: NodeJS.ErrnoException | null, file: number): void {
    if (error === null) this.#file = file
    if (this.#isOver()) return
    if (error === null) this.#writeTail()
    else this.#cannotWrite(error)
  }

  #writeTail(): void {
    this.#writeAll(this.#tail.takeAll(), 0)
  }

  #writeAll(bytes: Buffer, from: number): void {
    write(this.#file, bytes, from, bytes.length - from, this.#to, (error, count) => {
      if (this.#isOver()) return
      if (error !== null) {
        // What is not on the disk stays first in memory, and nothing follows until all of it has gone out.
        this.#tail.putBack(bytes.subarray(from))
        this.#cannotWrite(error)
        return
      }
      this.#to += count
      if (from + count < bytes.length) {
        this.#writeAll(bytes, from + count)
        return
      }
      this.#busy = false
      // Reading first: a client that is there must not wait for a file that grows and grows.
      this.#drain()
      this.#toFile()
      if (this.#hasRoom() && !this.#closed) this.#wantMore()
    })
  }

  #cannotWrite(error: NodeJS.ErrnoException): void {
    this.#busy = false
    this.#unwritable = true
    this.#room.troubled(spoolFailure(this.#room.settings, error))
    this.#drain()
  }

  #readBlock(): void {
    this.#busy = true
    const block = Buffer.allocUnsafe(Math.min(blockBytes, this.#to - this.#from))
    read(this.#file, block, 0, block.length, this.#from, (error, count) => {
      if (this.#isOver()) return
      this.#busy = false
      if (error !== null || count === 0) {
        const cause = error ?? Object.assign(new Error('the file ended'), { code: 'EIO' })
        this.close()
        this.#owner.outputLost(spoolFailure(this.#room.settings, cause))
        return
      }
      this.#from += count
      this.#head.keep(block.subarray(0, count))
      this.#drain()
      this.#toFile()
      // Others may have made room since.
      if (this.#hasRoom() && !this.#closed) this.#wantMore()
    })
  }

  /** After an operation on the file: true when nobody wants its outcome any more. */
  #isOver(): boolean {
    if (this.#closed) this.#closeFile()
    return this.#closed
  }

  #closeFile(): void {
    closeUnnamedFile(this.#file)
    this.#file = -1
    this.#from = 0
    this.#to = 0
  }
}

// Reads an open file into memory, and looks at it again behind that: only octets of one state of it may be kept.

import { type BigIntStats, fstat, read } from 'node:fs'
import { PorticoError } from '../../failure.ts'
import type { OpenFile } from './open-file.ts'

export type ReadDone = (failure: PorticoError | undefined, bytes: Buffer, after: BigIntStats) => void

/** Reads the first `size` octets, fewer where the file has shrunk. `after` is what it was when they had been read. */
export function readWhole(file: OpenFile, size: number, done: ReadDone): void {
  readFrom(file, Buffer.allocUnsafeSlow(size), 0, done)
}

function readFrom(file: OpenFile, bytes: Buffer, filled: number, done: ReadDone): void {
  if (filled === bytes.length) {
    lookAgain(file, bytes, done)
    return
  }
  read(file.fd, bytes, filled, bytes.length - filled, filled, (error, count) => {
    if (error !== null) return done(unreadable(file, error), bytes, file.stats)
    if (count === 0) return lookAgain(file, bytes.subarray(0, filled), done)
    readFrom(file, bytes, filled + count, done)
  })
}

function lookAgain(file: OpenFile, bytes: Buffer, done: ReadDone): void {
  fstat(file.fd, { bigint: true }, (error, after) => {
    if (error === null) done(undefined, bytes, after)
    else done(unreadable(file, error), bytes, file.stats)
  })
}

function unreadable(file: OpenFile, error: NodeJS.ErrnoException): PorticoError {
  return new PorticoError('E_FILE_UNREADABLE', undefined, { file: file.name, errno: error.code }, error)
}

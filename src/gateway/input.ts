// The contract of spooled input: a request body is taken in whole before it may occupy a slot (DESIGN section 2, order
// of admission), so that every gateway has a sized input, whatever its framing was.

import type { PorticoError } from '../failure.ts'

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

/** What holds all bodies of one process: its budget, and names for its files. */
export interface SpoolRoom {
  readonly settings: SpoolSettings
  /** False when there is no room for that many octets more. */
  reserve(bytes: number): boolean
  free(bytes: number): void
  /** A file name that no other process and no earlier body used. */
  nextPath(): string
}

// The contract of a call's input. A body is taken in whole before it may occupy a slot (DESIGN section 2, order of
// admission), so that every gateway has a sized input, whatever its framing was; only `stream_input` skips that.

import { PorticoError } from '../failure.ts'

/** How much of a body is taken. */
export interface BodyLimit {
  /** Octets, 0 = off. */
  readonly bytes: number
  /** Which setting says so: `body` of the mount or of its site, else that of all. */
  readonly setting: 'body' | 'limits.body'
}

/** What becomes of a request with more. @param length where it was announced */
export function bodyTooLarge({ bytes, setting }: BodyLimit, length?: number): PorticoError {
  return new PorticoError('E_INPUT_TOO_LARGE', undefined, { limit: bytes, setting, length })
}

/** Takes what a spool made of an input. Exactly one of the two is called. */
export interface SpoolOwner {
  spooled(input: CallInput): void
  spoolFailed(failure: PorticoError): void
}

/** The body of a request as a gateway reads it. Read it once, then close it. */
export interface CallInput {
  /** Octets of it; undefined: nobody knows before its end (a chunked body that is streamed). */
  readonly length: number | undefined
  /** The whole body when it is all here in memory. */
  readonly pieces: readonly Buffer[] | undefined
  /**
   * The next piece, undefined at the end; a piece may be overwritten by the next call. `take` is called at once when
   * the piece is here, else as soon as it has come.
   */
  next(take: (failure: PorticoError | undefined, piece: Buffer | undefined) => void): void
  /** Reads from the start again, for a call that surely was not begun; false when that cannot be done. */
  rewind(): boolean
  close(): void
}

// What is said about an application whose answer does not begin as it must, with what it begins with.

import { PorticoError } from '../failure.ts'

/** As much of a head as the log may show. */
export function startOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, Math.min(bytes.length, 200))
}

/** @param bytes the answer from its beginning */
export function malformedHead(why: string, bytes: Buffer): PorticoError {
  const what = `The application's head is not valid: ${why}`
  return new PorticoError('E_HEAD_MALFORMED', what, { start: startOf(bytes) })
}

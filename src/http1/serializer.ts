// Heads of answers and the chunked coding as bytes (RFC 9112 sections 4 and 7.1). Pure.
// Field values come from handlers that have checked them; a last test here keeps a slip from becoming a split answer.

import type { Fields } from '../http/fields.ts'

const statusLines = new Map<number, string>()
const forbidden = /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/

/** `HTTP/1.1 200 OK\r\n`; always 1.1, also to a 1.0 client (RFC 9112 section 2.3 wants our own version). */
export function statusLine(status: number, reason: string): string {
  const known = statusLines.get(status)
  if (known !== undefined && known.length === reason.length + 15 && known.startsWith(reason, 13)) return known
  const line = `HTTP/1.1 ${status} ${reason}\r\n`
  if (known === undefined) statusLines.set(status, line)
  return line
}

/** Field lines, each with its CRLF. Throws a RangeError when a name or value holds what would end the line. */
export function fieldLines(fields: Fields): string {
  let text = ''
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i]}: ${fields[i + 1]}\r\n`
  return text
}

/** Throws when text that becomes part of a head holds CR, LF, NUL or anything that is no octet. */
export function assertFieldSafe(fields: Fields): void {
  for (const part of fields) {
    if (forbidden.test(part))
      throw new RangeError(`A field of an answer holds a forbidden character: ${JSON.stringify(part)}`)
  }
}

/** The line before the octets of a chunk. */
export function chunkStart(length: number): string {
  return `${length.toString(16)}\r\n`
}

export const chunkEnd = '\r\n'
export const lastChunk = '0\r\n\r\n'
export const continueLine = 'HTTP/1.1 100 Continue\r\n\r\n'

// The content of a 206 (RFC 9110 sections 15.3.7 and 14.6): one range as it is, several as multipart/byteranges.
// Pure: says what stands between the ranges; who has the octets puts them in.

import { randomBytes } from 'node:crypto'
import type { Fields } from '../../http/fields.ts'
import { type ByteRange, contentRange } from '../../http/range.ts'
import type { Representation } from './representation.ts'

/** Octets as they are, or a range of the file. */
export type Piece = Buffer | ByteRange

export interface Partial {
  readonly fields: Fields
  readonly pieces: readonly Piece[]
  /** Octets of all pieces. */
  readonly length: number
}

/** No file can hold it but by chance of one in 2^96: nobody knows it before the answer. */
function newBoundary(): string {
  return `part-${randomBytes(12).toString('hex')}`
}

export function partial(whole: Representation, ranges: readonly ByteRange[]): Partial {
  const [only] = ranges
  if (only !== undefined && ranges.length === 1) {
    const fields = [...whole.fields, 'Content-Range', contentRange(only, whole.size)]
    return { fields, pieces: ranges, length: only.end - only.start }
  }
  const boundary = newBoundary()
  const pieces = ranges.flatMap((range, index): Piece[] => {
    const lines = [
      `${index === 0 ? '' : '\r\n'}--${boundary}`,
      `Content-Type: ${whole.type}`,
      `Content-Range: ${contentRange(range, whole.size)}`,
      '\r\n',
    ]
    return [Buffer.from(lines.join('\r\n'), 'latin1'), range]
  })
  pieces.push(Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'))
  const fields = whole.fields.map((text, index) =>
    whole.fields[index - 1] === 'Content-Type' ? `multipart/byteranges; boundary=${boundary}` : text,
  )
  return { fields, pieces, length: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0) }
}

function lengthOf(piece: Piece): number {
  return Buffer.isBuffer(piece) ? piece.length : piece.end - piece.start
}

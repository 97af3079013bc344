// Which part of a representation a request gets: conditions first, then the range (RFC 9110 section 13.2.2). Pure.

import { applicableRange, asksForWhole, decideConditions } from '../../http/conditional.ts'
import type { Answer } from '../../http/exchange.ts'
import type { Fields } from '../../http/fields.ts'
import type { RequestHead } from '../../http/head.ts'
import { type ByteRange, contentRange, decideRanges } from '../../http/range.ts'
import type { HotFile } from './hot-files.ts'
import { type Piece, partial } from './partial.ts'
import type { Representation } from './representation.ts'

/** An answer without any of the octets, the whole, or ranges. */
export type RequestedPart = Answer | 'whole' | readonly ByteRange[]

export function requestedPart(head: RequestHead, whole: Representation, nowMs: number): RequestedPart {
  if (asksForWhole(head.fields)) return 'whole'
  const condition = decideConditions(head.fields, whole, nowMs)
  if (condition === 304) {
    const unchanged = { fields: whole.fields, length: whole.size }
    return { status: 304, fields: whole.unchangedFields, body: undefined, unchanged }
  }
  if (condition === 412) return { status: 412, fields: [], body: undefined }
  if (head.method !== 'GET' || !whole.hasRanges) return 'whole'
  const range = applicableRange(head.fields, whole, nowMs)
  const ranges = range === undefined ? 'whole' : decideRanges(range, whole.size)
  if (ranges !== 'unsatisfiable') return ranges
  const fields = ['Content-Range', contentRange(undefined, whole.size), 'Accept-Ranges', 'bytes']
  return { status: 416, fields, body: undefined }
}

/** What is sent of a file that is not in memory. */
interface Content {
  readonly status: 200 | 206
  readonly fields: Fields
  readonly pieces: readonly Piece[]
  readonly length: number
}

export function contentOf(whole: Representation, part: 'whole' | readonly ByteRange[]): Content {
  if (part !== 'whole') return { status: 206, ...partial(whole, part) }
  const { fields, size } = whole
  return { status: 200, fields, pieces: [{ start: 0, end: size }], length: size }
}

/** The answer from a file in memory: for nearly every request the one that was made before. */
export function answerFromMemory(head: RequestHead, hot: HotFile, now: () => number): Answer {
  if (asksForWhole(head.fields)) return hot.answer
  const part = requestedPart(head, hot.whole, now())
  if (part === 'whole') return hot.answer
  if ('status' in part) return part
  const { fields, pieces } = partial(hot.whole, part)
  const octets = pieces.map((piece) =>
    Buffer.isBuffer(piece) ? piece : hot.bytes.subarray(piece.start, piece.end),
  )
  const body = octets.length === 1 ? octets[0] : Buffer.concat(octets)
  return { status: 206, fields, body }
}

// The answer for an open file: conditions first, then the range (RFC 9110 section 13.2.2), then its octets whole or piece
// by piece. Takes over the descriptor.

import { read } from 'node:fs'
import { PorticoError } from '../../failure.ts'
import { applicableRange, asksForWhole, decideConditions } from '../../http/conditional.ts'
import type { Answer, AnswerBody, Exchange, OutputSource } from '../../http/exchange.ts'
import type { RequestHead } from '../../http/head.ts'
import { mediaType, type TypeOverrides } from '../../http/media-type.ts'
import { type ByteRange, contentRange, decideRanges } from '../../http/range.ts'
import { FileSource } from './file-source.ts'
import type { Variant } from './find-variant.ts'
import { closeQuietly, type OpenFile } from './open-file.ts'
import { type Piece, partial } from './partial.ts'
import { type Representation, representation } from './representation.ts'

/** Files up to this many octets are read whole and sent with their head in one write. */
export const wholeFileBytes = 64 * 1024

export interface AnswerOptions {
  /** Value of Cache-Control; '' sends none. */
  readonly cacheControl: string
  readonly types: TypeOverrides
  /** Another request for the same may get another coding. */
  readonly negotiated: boolean
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

/** The answer of an exchange or the failure that takes its place. */
export type FileAnswer =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly failure: PorticoError }

/** HEAD announces the length and sends nothing, so the descriptor is not kept for it. */
const unsent: OutputSource = {
  start(sink) {
    sink.fail(new PorticoError('E_INTERNAL', 'the output of a HEAD was asked for'))
  },
  resume() {},
  cancel() {},
}

/** Builds the answer to a GET or HEAD and hands it to `done`, once. */
export function answerFile(
  exchange: Exchange,
  { file, coding, name }: Variant,
  { types, nowMs, ...options }: AnswerOptions,
  done: (result: FileAnswer) => void,
): void {
  const { stats, fd } = file
  const whole = representation({ stats, type: mediaType(name, types), coding, nowMs, ...options })
  const part = decidePart(exchange.head, whole, nowMs)
  const isHead = exchange.head.method === 'HEAD'
  const answer = (status: number, fields: Answer['fields'], body: AnswerBody) =>
    done({ kind: 'answer', answer: { status, fields, body } })
  if (part !== 'whole' && 'status' in part) {
    closeQuietly(fd)
    done({ kind: 'answer', answer: part })
  } else if (isHead) {
    closeQuietly(fd)
    answer(200, whole.fields, { length: whole.size, source: unsent })
  } else if (whole.size > wholeFileBytes) {
    const { status, fields, pieces, length } = content(whole, part)
    answer(status, fields, { length, source: new FileSource(fd, pieces, file.name) })
  } else {
    readWhole(file, Buffer.allocUnsafe(whole.size), 0, (bytes, failure) => {
      closeQuietly(fd)
      if (failure !== undefined) return done({ kind: 'failed', failure })
      const { status, fields, pieces } = content(whole, part)
      answer(status, fields, octetsOf(bytes, pieces))
    })
  }
}

/** What of a representation a request gets: an answer without any of it, the whole, or ranges. */
export function decidePart(
  head: RequestHead,
  whole: Representation,
  nowMs: number,
): Answer | 'whole' | readonly ByteRange[] {
  if (asksForWhole(head.fields)) return 'whole'
  const condition = decideConditions(head.fields, whole, nowMs)
  if (condition === 304) return { status: 304, fields: whole.unchangedFields, body: undefined }
  if (condition === 412) return { status: 412, fields: [], body: undefined }
  if (head.method !== 'GET' || !whole.hasRanges) return 'whole'
  const range = applicableRange(head.fields, whole, nowMs)
  const ranges = range === undefined ? 'whole' : decideRanges(range, whole.size)
  if (ranges !== 'unsatisfiable') return ranges
  const fields = ['Content-Range', contentRange(undefined, whole.size), 'Accept-Ranges', 'bytes']
  return { status: 416, fields, body: undefined }
}

interface Content {
  readonly status: 200 | 206
  readonly fields: Answer['fields']
  readonly pieces: readonly Piece[]
  readonly length: number
}

function content(whole: Representation, part: 'whole' | readonly ByteRange[]): Content {
  if (part !== 'whole') return { status: 206, ...partial(whole, part) }
  const { fields, size } = whole
  return { status: 200, fields, pieces: [{ start: 0, end: size }], length: size }
}

function octetsOf(bytes: Buffer, pieces: readonly Piece[]): Buffer {
  const octets = pieces.map((piece) =>
    Buffer.isBuffer(piece) ? piece : bytes.subarray(piece.start, piece.end),
  )
  return octets.length === 1 ? (octets[0] as Buffer) : Buffer.concat(octets)
}

type ReadDone = (bytes: Buffer, failure?: PorticoError) => void

function readWhole(file: OpenFile, bytes: Buffer, filled: number, done: ReadDone): void {
  if (filled === bytes.length) {
    done(bytes)
    return
  }
  read(file.fd, bytes, filled, bytes.length - filled, filled, (error, count) => {
    if (error !== null) {
      const facts = { file: file.name, errno: error.code }
      return done(bytes, new PorticoError('E_FILE_UNREADABLE', undefined, facts, error))
    }
    if (count === 0) {
      const facts = { file: file.name, missing: bytes.length - filled }
      return done(bytes, new PorticoError('E_OUTPUT_CUT_SHORT', 'the file shrank while it was read', facts))
    }
    readWhole(file, bytes, filled + count, done)
  })
}

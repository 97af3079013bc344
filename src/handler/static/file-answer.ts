// The answer for an open file: its fields, 304 and 412 (http/conditional.ts), and its octets whole or piece by piece.
// Takes over the descriptor. Ranges are not served; Accept-Ranges is therefore not sent.

import { read } from 'node:fs'
import { PorticoError } from '../../failure.ts'
import { decideConditions } from '../../http/conditional.ts'
import { formatHttpDate } from '../../http/date.ts'
import { fileEtag } from '../../http/etag.ts'
import type { Answer, AnswerBody, Exchange, OutputSource } from '../../http/exchange.ts'
import { mediaType, type TypeOverrides } from '../../http/media-type.ts'
import { FileSource } from './file-source.ts'
import { closeQuietly, type OpenFile } from './open-file.ts'

/** Files up to this many octets are read whole and sent with their head in one write. */
export const wholeFileBytes = 64 * 1024

export interface AnswerOptions {
  /** Value of Cache-Control; '' sends none. */
  readonly cacheControl: string
  readonly types: TypeOverrides
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
  file: OpenFile,
  options: AnswerOptions,
  done: (result: FileAnswer) => void,
): void {
  const { stats, fd } = file
  const etag = fileEtag(stats)
  // RFC 9110 section 8.8.2.1: never later than the Date of the answer.
  const lastModifiedMs = Math.min(Number(stats.mtimeMs), options.nowMs)
  const condition = decideConditions(exchange.head.fields, { etag, lastModifiedMs }, options.nowMs)
  const fields = ['ETag', etag]
  if (options.cacheControl !== '') fields.push('Cache-Control', options.cacheControl)
  if (condition !== 'proceed') {
    closeQuietly(fd)
    const answer = { status: condition, fields: condition === 304 ? fields : [], body: undefined }
    done({ kind: 'answer', answer })
    return
  }
  fields.push(
    'Last-Modified',
    formatHttpDate(lastModifiedMs),
    'Content-Type',
    mediaType(file.name, options.types),
  )
  const complete = (body: AnswerBody) => done({ kind: 'answer', answer: { status: 200, fields, body } })
  const length = Number(stats.size)
  if (exchange.head.method === 'HEAD') {
    closeQuietly(fd)
    complete({ length, source: unsent })
  } else if (length > wholeFileBytes) {
    complete({ length, source: new FileSource({ fd, start: 0, length }, file.name) })
  } else {
    readWhole(file, Buffer.allocUnsafe(length), 0, (bytes, failure) => {
      closeQuietly(fd)
      if (failure === undefined) complete(bytes)
      else done({ kind: 'failed', failure })
    })
  }
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

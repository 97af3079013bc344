// The answer for an open file: from memory where the same state of it is kept, read whole where it is small, else piece by
// piece. Takes over the descriptor.

import type { BigIntStats } from 'node:fs'
import { PorticoError } from '../../failure.ts'
import { fileEtag } from '../../http/etag.ts'
import { type Answer, type Exchange, newKeptOctets, type OutputSource } from '../../http/exchange.ts'
import { mediaType, type TypeOverrides } from '../../http/media-type.ts'
import { FileSource } from './file-source.ts'
import type { Variant } from './find-variant.ts'
import { type FileIdentity, type HotFiles, isSettled, maxHotFileBytes } from './hot-files.ts'
import { closeQuietly } from './open-file.ts'
import { readWhole } from './read-whole.ts'
import { type Representation, representation } from './representation.ts'
import { answerFromMemory, contentOf, requestedPart } from './requested-part.ts'

export interface AnswerOptions {
  /** Value of Cache-Control; '' sends none. */
  readonly cacheControl: string
  readonly types?: TypeOverrides
  /** The media type where somebody else knows it. */
  readonly type?: string | undefined
  /** Another request for the same may get another coding. */
  readonly negotiated: boolean
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** What of a request decides which part of a file answers it. */
export type FileRequest = Pick<Exchange, 'head' | 'receivedMs'>

/** Where what is read may be kept. */
export interface HotPlace {
  readonly files: HotFiles
  readonly pathInfo: string
}

/** The answer of an exchange or the failure that takes its place. */
export type FileAnswer =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly failure: PorticoError }

/** A file that changes while it is read is read again, so often; then it is one that grows all the time, a log say. */
const maxTries = 3

const shrinks = 'the file shrinks whenever it is read'

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
  request: FileRequest,
  variant: Variant,
  place: HotPlace,
  options: AnswerOptions,
  done: (result: FileAnswer) => void,
): void {
  answerState(request, variant, place, options, done, variant.file.stats, 1)
}

function answerState(
  request: FileRequest,
  variant: Variant,
  place: HotPlace,
  options: AnswerOptions,
  done: (result: FileAnswer) => void,
  stats: BigIntStats,
  tries: number,
): void {
  const { head, receivedMs } = request
  const { cacheControl, negotiated, now } = options
  const { file, coding, name } = variant
  const nowMs = now()
  const type = options.type ?? mediaType(name, options.types)
  const whole = representation({ stats, type, coding, nowMs, cacheControl, negotiated })
  const identity: FileIdentity = { name: file.name, coding, dev: stats.dev, etag: whole.etag }
  const closeWith = (answer: Answer) => {
    closeQuietly(file.fd)
    done({ kind: 'answer', answer })
  }
  const hot = place.files.renew(place.pathInfo, identity, receivedMs)
  const part = hot === undefined ? requestedPart(head, whole, nowMs) : 'whole'
  if (hot !== undefined) closeWith(answerFromMemory(head, hot, now))
  else if (part !== 'whole' && 'status' in part) closeWith(part)
  else if (head.method === 'HEAD') {
    closeWith({ status: 200, fields: whole.fields, body: { length: whole.size, source: unsent } })
  } else if (whole.size > maxHotFileBytes) {
    const { status, fields, pieces, length } = contentOf(whole, part)
    const body = { length, source: new FileSource(file.fd, pieces, file.name) }
    done({ kind: 'answer', answer: { status, fields, body } })
  } else {
    readWhole(file, whole.size, (failure, bytes, after) => {
      const isSame = fileEtag(after) === whole.etag
      const isComplete = bytes.length === whole.size
      if (failure === undefined && !isSame && tries < maxTries) {
        answerState(request, variant, place, options, done, after, tries + 1)
      } else if (failure === undefined && isComplete) {
        const read = { identity, whole, bytes, answer: wholeAnswer(whole, bytes) }
        if (isSame && isSettled(stats, nowMs)) place.files.keep(place.pathInfo, read, receivedMs)
        closeWith(answerFromMemory(head, read, now))
      } else {
        closeQuietly(file.fd)
        done({
          kind: 'failed',
          failure: failure ?? new PorticoError('E_OUTPUT_CUT_SHORT', shrinks, { file: file.name }),
        })
      }
    })
  }
}

function wholeAnswer({ fields }: Representation, body: Buffer): Answer {
  return { status: 200, fields, body, kept: newKeptOctets() }
}

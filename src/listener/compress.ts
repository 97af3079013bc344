// Answers compressed on the fly (`compress`): which, for whom, and what their head then says (RFC 9110 sections 8.4 and 8.8.3).
// A small whole answer is compressed at once and stays one write; everything else goes through the threads of zlib.

import * as zlib from 'node:zlib'
import { preferredCoding } from '../http/accept-encoding.ts'
import type { Answer, AnswerBody, OutputSink, OutputSource } from '../http/exchange.ts'
import { type Fields, firstField, joinedField } from '../http/fields.ts'
import type { RequestHead } from '../http/head.ts'
import { type Compressor, CompressSource } from './compress-source.ts'

export interface CompressSettings {
  /** 'text/html', 'text/*', '*+json'. */
  readonly types: readonly string[]
  /** Octets; what is smaller stays as it is. */
  readonly min: number
  /** Answers of applications, too. */
  readonly applications: boolean
}

type Coding = 'br' | 'zstd' | 'gzip'

/** At most half a millisecond of work, or about that; larger answers leave the main thread alone. */
const maxAtOnceBytes = 16 * 1024
/** Answers that may be in the threads of zlib at once, each with up to 1 MiB; beyond it they go as they are. */
const maxStreams = 64
/** Up to here the body of an answer may be reused once it was given (exchange.ts). */
const reusedBytes = 64 * 1024

const { constants } = zlib
// Measured on text of 16 KiB: gzip 6 takes 0.2 ms, brotli 5 0.3 ms and gives 4 % less; more quality gives nothing worth it.
const gzip = { level: 6, flush: constants.Z_NO_FLUSH }
const brotli = {
  params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 18 },
}

type ZstdMaker = (options?: object) => Compressor
type ZstdAtOnce = (bytes: Buffer) => Buffer
// Node has it from 22.15 on; the types that this is built with do not know it.
const zstd = {
  stream: Reflect.get(zlib, 'createZstdCompress') as ZstdMaker | undefined,
  atOnce: Reflect.get(zlib, 'zstdCompressSync') as ZstdAtOnce | undefined,
}
const codings: readonly Coding[] =
  zstd.stream === undefined || zstd.atOnce === undefined ? ['br', 'gzip'] : ['br', 'zstd', 'gzip']

/** Digests are of the octets that were meant. */
const leftAlone = [
  'content-encoding',
  'content-range',
  'content-digest',
  'repr-digest',
  'digest',
  'content-md5',
]

let streams = 0

export class Compression {
  readonly #settings: CompressSettings
  readonly #known = new Map<string, boolean>()

  constructor(settings: CompressSettings) {
    this.#settings = settings
  }

  /** An empty body would grow. */
  get #least(): number {
    return Math.max(1, this.#settings.min)
  }

  /** The answer as this client gets it. @param kind of the handler that made it */
  encode(answer: Answer, head: RequestHead, kind: string): Answer {
    if (kind !== 'files' && (kind === 'redirect' || !this.#settings.applications)) return answer
    const { status, fields, body } = answer
    if (status === 304) return this.#mayBeOfVariant(answer) ? revalidated(answer, head) : answer
    if (status === 206) return this.#part(answer)
    if (status !== 200 && status < 400) return answer
    if (!this.#isCompressible(fields)) return answer
    const isHead = head.method === 'HEAD'
    const length = body === undefined ? (isHead ? answer.length : 0) : body.length
    if (length !== undefined && length < this.#least) return answer
    // What was made of the answer for an earlier request has other fields.
    const varied = { ...answer, kept: undefined, fields: withVary(fields) }
    const coding = hasNoTransform(head.fields)
      ? undefined
      : preferredCoding(joinedField(head.fields, 'accept-encoding'), codings)
    if (coding === undefined) return varied
    const encoded = { ...varied, fields: encodedFields(varied.fields, coding), length: undefined }
    if (isHead) return { ...encoded, body: unsent(body) }
    if (body === undefined) return encoded
    if (Buffer.isBuffer(body)) {
      if (body.length <= maxAtOnceBytes) return { ...encoded, body: compressAtOnce(coding, body) }
      if (streams >= maxStreams) return varied
      const whole = new WholeSource(body.length <= reusedBytes ? Buffer.from(body) : body)
      return { ...encoded, body: { length: undefined, source: through(coding, whole, false) } }
    }
    if (streams >= maxStreams) return varied
    // A file comes without pauses; what an application has sent must not wait for what it will send.
    return { ...encoded, body: { length: undefined, source: through(coding, body.source, kind !== 'files') } }
  }

  /** Where nobody knows what the 304 stands for, it may. */
  #mayBeOfVariant({ fields, unchanged }: Answer): boolean {
    if (unchanged !== undefined)
      return unchanged.length >= this.#least && this.#isCompressible([...fields, ...unchanged.fields])
    const type = firstField(fields, 'content-type')
    return !hasNoTransform(fields) && (type === undefined || this.#isWanted(type))
  }

  /** A part is of the octets as they are, and says what the whole would say of its variants (RFC 9110 section 15.3.7). */
  #part(answer: Answer): Answer {
    const type = firstField(answer.fields, 'content-type') ?? ''
    const mayVary = type.startsWith('multipart/byteranges') || this.#isWanted(type)
    return mayVary ? { ...answer, fields: withVary(answer.fields) } : answer
  }

  #isCompressible(fields: Fields): boolean {
    const type = firstField(fields, 'content-type')
    if (type === undefined || !this.#isWanted(type)) return false
    for (const name of leftAlone) if (firstField(fields, name) !== undefined) return false
    return !hasNoTransform(fields)
  }

  #isWanted(value: string): boolean {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const type = value.replace(/;.*/s, '').trim().toLowerCase()
    // Events are small and come one at a time: compressed they would cost more than they save.
    const wanted = type !== 'text/event-stream' && this.#settings.types.some((one) => isOf(type, one))
    if (this.#known.size < 1000) this.#known.set(value, wanted)
    return wanted
  }
}

function isOf(type: string, pattern: string): boolean {
  if (pattern.endsWith('/*')) return type.startsWith(pattern.slice(0, -1))
  return pattern.startsWith('*+') ? type.endsWith(pattern.slice(1)) : type === pattern
}

function hasNoTransform(fields: Fields): boolean {
  return /(^|[ ,])no-transform\b/i.test(joinedField(fields, 'cache-control') ?? '')
}

/** What the client has may be a compressed variant: then its tag is confirmed, which is the weak one. */
function revalidated(answer: Answer, head: RequestHead): Answer {
  const fields = withVary(answer.fields)
  const tag = firstField(fields, 'etag')
  const asked = joinedField(head.fields, 'if-none-match')
  const isWeak = tag !== undefined && !tag.startsWith('W/') && asked?.includes(`W/${tag}`) === true
  return { ...answer, fields: isWeak ? replaced(fields, 'etag', `W/${tag}`) : fields }
}

function withVary(fields: Fields): Fields {
  const vary = joinedField(fields, 'vary')
  if (vary === undefined) return [...fields, 'Vary', 'Accept-Encoding']
  if (/(^|[ ,])(\*|accept-encoding)([ ,]|$)/i.test(vary)) return fields
  const others = fields.filter((_, index) => fields[index & ~1]?.toLowerCase() !== 'vary')
  return [...others, 'Vary', `${vary}, Accept-Encoding`]
}

function encodedFields(fields: Fields, coding: Coding): Fields {
  const kept: string[] = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    const lower = name.toLowerCase()
    // A strong tag promises the same octets, and ranges would be of others.
    if (lower === 'etag') kept.push(name, value.startsWith('W/') ? value : `W/${value}`)
    else if (lower !== 'accept-ranges') kept.push(name, value)
  }
  kept.push('Content-Encoding', coding)
  return kept
}

function replaced(fields: Fields, lowerCaseName: string, value: string): Fields {
  return fields.map((text, index) =>
    index % 2 === 1 && fields[index - 1]?.toLowerCase() === lowerCaseName ? value : text,
  )
}

/** For HEAD: what was opened must be closed by who answers, but its length would be another one. */
function unsent(body: AnswerBody): AnswerBody {
  return body === undefined || Buffer.isBuffer(body) ? undefined : { length: undefined, source: body.source }
}

function compressAtOnce(coding: Coding, body: Buffer): Buffer {
  if (coding === 'zstd' && zstd.atOnce !== undefined) return zstd.atOnce(body)
  return coding === 'br' ? zlib.brotliCompressSync(body, brotli) : zlib.gzipSync(body, gzip)
}

function through(coding: Coding, source: OutputSource, flushes: boolean): OutputSource {
  streams++
  return new CompressSource(source, compressorFor(coding), flushes, () => streams--)
}

function compressorFor(coding: Coding): Compressor {
  if (coding === 'zstd' && zstd.stream !== undefined) return zstd.stream()
  return coding === 'br' ? zlib.createBrotliCompress(brotli) : zlib.createGzip(gzip)
}

/** A body that is all there. */
class WholeSource implements OutputSource {
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  start(sink: OutputSink): void {
    sink.write(this.#bytes)
    sink.end()
  }

  resume(): void {}
  cancel(): void {}
}

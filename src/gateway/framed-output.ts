// How the output of an answer ends whose connection ends with it (RFC 9112 section 6.3, and its like for CGI answers): with the
// octets that were announced, with the last chunk, or with the connection.

import { PorticoError } from '../failure.ts'
import { allFields, type Fields } from '../http/fields.ts'
import { endsWithHead } from '../http/status.ts'
import { ChunkedDecoder } from '../http1/chunked.ts'
import type { CgiHead, HttpHead } from '../wire/cgi-response.ts'

const digits = /^[0-9]{1,15}$/
const noBytes = Buffer.alloc(0)

/** Trailers are dropped, so they get no limits of their own. */
const maxFieldCount = 100

export class FramedOutput {
  /** Octets that were announced, counting those of the output alone; undefined: nothing was. */
  readonly #announced: number | undefined
  readonly #chunks: ChunkedDecoder | undefined
  /** An incomplete line of the chunked coding. */
  #line: Buffer = noBytes
  #taken = 0
  /** The answer is its head alone; what comes behind that is dropped. */
  readonly bodiless: boolean

  private constructor(bodiless: boolean, announced: number | undefined, chunks: ChunkedDecoder | undefined) {
    this.bodiless = bodiless
    this.#announced = announced
    this.#chunks = chunks
  }

  /**
   * What a head says about the octets behind it, or why nobody can know.
   * @param isHead the request has the method HEAD
   * @param maxHeadBytes octets of trailers
   */
  static behind(
    head: CgiHead | HttpHead,
    isHead: boolean,
    maxHeadBytes: number,
  ): FramedOutput | PorticoError {
    if (isHead || endsWithHead(head.status)) return new FramedOutput(true, undefined, undefined)
    const announced = lengthIn(head.fields)
    const codings = 'isHttp' in head ? allFields(head.fields, 'transfer-encoding') : []
    if (codings.length === 0) return new FramedOutput(false, announced, undefined)
    const coding = codings.join(', ')
    if (coding.toLowerCase() !== 'chunked')
      return malformed('The application answered with a transfer coding that is not understood here', {
        coding,
      })
    if (allFields(head.fields, 'content-length').length > 0)
      return malformed('The application announced a length and answered in chunks')
    // Chunks are small against a head that is allowed, and no request line is ever read with these limits.
    const limits = { maxHeadBytes, maxFieldCount, maxRequestLineBytes: 0 }
    return new FramedOutput(false, undefined, new ChunkedDecoder(limits))
  }

  /**
   * Takes what has come and passes on what is output. True: that was all of it, and whatever comes yet is none.
   * Nothing is kept of the bytes but an incomplete line.
   */
  push(bytes: Buffer, pass: (output: Buffer) => void): boolean | PorticoError {
    if (this.bodiless) return false
    if (this.#chunks !== undefined) return this.#pushChunks(this.#chunks, bytes, pass)
    const room = this.#announced === undefined ? bytes.length : this.#announced - this.#taken
    const output = bytes.length > room ? bytes.subarray(0, room) : bytes
    this.#taken += output.length
    if (output.length > 0) pass(output)
    return this.#taken === this.#announced
  }

  /** What the end of the connection means, once not all has come: undefined when it is the end of the output. */
  cutShort(): PorticoError | undefined {
    if (this.#chunks === undefined && this.#announced === undefined) return undefined
    const facts = { announced: this.#announced, received: this.#taken }
    return new PorticoError('E_OUTPUT_CUT_SHORT', undefined, facts)
  }

  #pushChunks(chunks: ChunkedDecoder, bytes: Buffer, pass: (output: Buffer) => void): boolean | PorticoError {
    const all = this.#line.length === 0 ? bytes : Buffer.concat([this.#line, bytes])
    this.#line = noBytes
    for (let at = 0; ; at = chunks.position) {
      const step = chunks.decode(all, at)
      if (step === 'more') {
        if (at < all.length) this.#line = Buffer.from(all.subarray(at))
        return false
      }
      if (step === 'end') return true
      if (step === 'skip') continue
      if (step.kind === 'bad')
        return new PorticoError('E_WIRE_MALFORMED', `The application's chunks are not valid: ${step.why}`)
      this.#taken += step.bytes.length
      pass(step.bytes)
    }
  }
}

/** Undefined where it is not valid, too: whoever makes an answer of the head refuses that. */
function lengthIn(fields: Fields): number | undefined {
  const [first, ...more] = allFields(fields, 'content-length')
  if (first === undefined || !digits.test(first) || more.some((other) => other !== first)) return undefined
  return Number(first)
}

function malformed(what: string, facts?: Readonly<Record<string, string>>): PorticoError {
  return new PorticoError('E_HEAD_MALFORMED', what, facts)
}

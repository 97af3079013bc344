// The HTTP/1.1 request parser (RFC 9112): bytes in, events out, any chunking down to one octet.
// Pure: no socket, no timer. The heads are request-head.ts, the chunked coding is chunked.ts.
// Pull model: push bytes, then call next() until it says 'more'; not calling it is how pipelining waits.

import type { RequestHead } from '../http/head.ts'
import { ChunkedDecoder } from './chunked.ts'
import type { ParserLimits } from './limits.ts'
import { type Refusal, refuse } from './refusal.ts'
import { parseRequestHead } from './request-head.ts'

export type ParserEvent =
  | { readonly kind: 'head'; readonly head: RequestHead }
  /** A piece of the body; a view of what was pushed, unless that was lent. */
  | { readonly kind: 'data'; readonly bytes: Buffer }
  /** The body is complete (also comes after a head without a body). */
  | { readonly kind: 'end' }
  | { readonly kind: 'more' }
  /** The stream is unusable from here on: answer `status` and close. */
  | Refusal

const more: ParserEvent = { kind: 'more' }
const end: ParserEvent = { kind: 'end' }
const lineFeed = 0x0a
const carriageReturn = 0x0d
const empty = Buffer.alloc(0)

export class RequestParser {
  readonly #limits: ParserLimits
  #bytes: Buffer = empty
  #at = 0
  #isLent = false
  /** Where the search for the end of the head goes on, so that no octet is looked at twice. */
  #scanned = 0
  /** The request line of the head that is being received has come. */
  #lineEnded = false
  #state: 'head' | 'sized' | 'chunked' | 'end' | 'bad' = 'head'
  #remaining = 0
  #chunked: ChunkedDecoder | undefined
  #refusal: Refusal | undefined

  constructor(limits: ParserLimits) {
    this.#limits = limits
  }

  /**
   * Adds received bytes. The buffer must not be changed afterwards, but for what was lent: that may be changed behind the
   * next `keep`. What is given out is never a part of lent bytes.
   */
  push(bytes: Buffer, isLent = false): void {
    if (this.#at >= this.#bytes.length) {
      this.#scanned = 0
      this.#at = 0
      this.#bytes = bytes
      this.#isLent = isLent
      return
    }
    this.#scanned -= this.#at
    this.#bytes = Buffer.concat([this.#at === 0 ? this.#bytes : this.#bytes.subarray(this.#at), bytes])
    this.#isLent = false
    this.#at = 0
  }

  /** Copies what is left of lent bytes. */
  keep(): void {
    if (!this.#isLent) return
    this.#isLent = false
    if (this.#bytes.length === 0) return
    this.#bytes = Buffer.from(this.#bytes.subarray(this.#at))
    this.#scanned -= this.#at
    this.#at = 0
  }

  /** Octets received and not yet given out. */
  get buffered(): number {
    return this.#bytes.length - this.#at
  }

  /** Octets of the body still to come; 0 behind its end, undefined where the chunked coding keeps it open. */
  get bodyRemaining(): number | undefined {
    if (this.#state === 'sized') return this.#remaining
    return this.#state === 'chunked' ? undefined : 0
  }

  /** True between two requests: nothing of a next one has come. Bare CRLFs before a request count as nothing. */
  get idle(): boolean {
    return this.#state === 'head' && this.buffered === 0
  }

  next(): ParserEvent {
    switch (this.#state) {
      case 'head':
        return this.#nextHead()
      case 'sized':
        return this.#nextSized()
      case 'chunked':
        return this.#nextChunked()
      case 'end':
        this.#state = 'head'
        return end
      case 'bad':
        return this.#refusal ?? more
    }
  }

  #nextHead(): ParserEvent {
    this.#skipEmptyLines()
    const bytes = this.#bytes
    const headEnd = this.#findHeadEnd()
    if (headEnd < 0) return this.#refusal ?? more
    const feed = bytes.indexOf(lineFeed, this.#at)
    const line = bytes.toString('latin1', this.#at, feed - 1)
    const fieldLines = bytes.toString('latin1', feed + 1, headEnd)
    const head = parseRequestHead(line, fieldLines, this.#limits.maxFieldCount)
    if ('kind' in head) return this.#refuse(head)
    this.#advance(headEnd + 2)
    this.#enterBody(head)
    return { kind: 'head', head }
  }

  #enterBody(head: RequestHead): void {
    switch (head.framing.kind) {
      case 'none':
        this.#state = 'end'
        break
      case 'sized':
        this.#state = 'sized'
        this.#remaining = head.framing.length
        break
      case 'chunked':
        this.#state = 'chunked'
        this.#chunked = new ChunkedDecoder(this.#limits)
    }
  }

  // RFC 9112 section 2.2: a robust server ignores at least one empty line before the request line.
  #skipEmptyLines(): void {
    const bytes = this.#bytes
    let at = this.#at
    while (at + 1 < bytes.length && bytes[at] === carriageReturn && bytes[at + 1] === lineFeed) at += 2
    if (at !== this.#at) this.#advance(at)
  }

  /**
   * Index just behind the CRLF of the last field line, or -1. Looks at each line where it ends and refuses what is too
   * long or ends in a bare LF, so that the answer is the same however much has come.
   */
  #findHeadEnd(): number {
    const bytes = this.#bytes
    let at = Math.max(this.#scanned, this.#at)
    for (;;) {
      const feed = bytes.indexOf(lineFeed, at)
      const fault = this.#tooLong((feed < 0 ? bytes.length : feed) - this.#at)
      if (fault !== undefined) {
        this.#refuse(fault)
        return -1
      }
      if (feed < 0) {
        this.#scanned = bytes.length
        return -1
      }
      if (feed === this.#at || bytes[feed - 1] !== carriageReturn) {
        this.#refuse(refuse(400, 'a line that does not end in CRLF'))
        return -1
      }
      if (feed >= this.#at + 3 && bytes[feed - 2] === lineFeed) return feed - 1
      this.#lineEnded = true
      at = feed + 1
    }
  }

  /** @param length octets of the head before the LF that was found, or all that have come without one */
  #tooLong(length: number): Refusal | undefined {
    const { maxHeadBytes, maxRequestLineBytes } = this.#limits
    // The CR before an LF is not counted.
    if (this.#lineEnded) {
      return length > maxHeadBytes + 1 ? refuse(431, 'the head is too large') : undefined
    }
    return length > Math.min(maxRequestLineBytes, maxHeadBytes) + 1
      ? refuse(414, 'the request line is too long')
      : undefined
  }

  #nextSized(): ParserEvent {
    if (this.buffered === 0) return more
    const take = Math.min(this.#remaining, this.buffered)
    const bytes = this.#bytes.subarray(this.#at, this.#at + take)
    this.#advance(this.#at + take)
    this.#remaining -= take
    if (this.#remaining === 0) this.#state = 'end'
    return { kind: 'data', bytes: this.#owned(bytes) }
  }

  #nextChunked(): ParserEvent {
    const decoder = this.#chunked
    if (decoder === undefined) return more
    for (;;) {
      const step = decoder.decode(this.#bytes, this.#at)
      this.#advance(decoder.position)
      if (step === 'skip') continue
      if (step === 'more') return more
      if (step === 'end') {
        this.#chunked = undefined
        this.#state = 'head'
        return end
      }
      if (step.kind === 'bad') return this.#refuse(step)
      return { kind: 'data', bytes: this.#owned(step.bytes) }
    }
  }

  #owned(bytes: Buffer): Buffer {
    return this.#isLent ? Buffer.from(bytes) : bytes
  }

  #advance(to: number): void {
    this.#at = to
    this.#scanned = to
    this.#lineEnded = false
    if (to >= this.#bytes.length) {
      this.#bytes = empty
      this.#at = 0
      this.#scanned = 0
    }
  }

  #refuse(refusal: Refusal): Refusal {
    this.#state = 'bad'
    this.#refusal = refusal
    this.#bytes = empty
    this.#at = 0
    return refusal
  }
}

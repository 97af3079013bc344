// The chunked transfer coding, receiving side (RFC 9112 section 7.1): bytes in, pieces of the body out.
// Extensions and trailers are read, bounded and dropped: nothing downstream may depend on them (section 7.1.2).

import { maxChunkExtensionBytes, maxChunkLineBytes, type ParserLimits } from './limits.ts'
import { type Refusal, refuse } from './refusal.ts'

export type ChunkStep = { readonly kind: 'data'; readonly bytes: Buffer } | Refusal | 'more' | 'skip' | 'end'

// chunk-size with optional extensions; a quoted value may hold anything but controls. No blank before ';' except
// with an extension (BWS), none behind a size alone: some parsers stop there and some do not.
const chunkLine =
  /^([0-9A-Fa-f]{1,13})((?:[ \t]*;[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:[ \t]*=[ \t]*(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*"))?)*)$/
const trailerLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/
/** They stand in no trailer (RFC 9110 section 6.5.1), and some servers would heed them there. */
const framingField = /^(?:content-length|transfer-encoding|connection):/i
const lineFeed = 0x0a
const carriageReturn = 0x0d

export class ChunkedDecoder {
  readonly #limits: ParserLimits
  #state: 'size' | 'data' | 'data-end' | 'trailers' = 'size'
  #remaining = 0
  #extensionBytes = 0
  #trailerBytes = 0
  #trailerCount = 0
  /** Index of the first octet that `decode` did not use. */
  position = 0

  constructor(limits: ParserLimits) {
    this.#limits = limits
  }

  /** Takes one step at `from`; what it used ends at `position`. An incomplete line is left where it is. */
  decode(bytes: Buffer, from: number): ChunkStep {
    this.position = from
    switch (this.#state) {
      case 'size':
        return this.#readSize(bytes, from)
      case 'data':
        return this.#readData(bytes, from)
      case 'data-end':
        return this.#readDataEnd(bytes, from)
      case 'trailers':
        return this.#readTrailer(bytes, from)
    }
  }

  #readSize(bytes: Buffer, from: number): ChunkStep {
    const line = this.#line(bytes, from, maxChunkLineBytes)
    if (typeof line !== 'string') return line ?? 'more'
    const parts = chunkLine.exec(line)
    if (parts === null) return refuse(400, 'a chunk size is not valid')
    const size = Number.parseInt(parts[1] as string, 16)
    if (!Number.isSafeInteger(size)) return refuse(400, 'a chunk is too large to be a chunk')
    this.#extensionBytes += (parts[2] as string).length
    if (this.#extensionBytes > maxChunkExtensionBytes) return refuse(400, 'too many chunk extensions')
    this.#remaining = size
    this.#state = size === 0 ? 'trailers' : 'data'
    return 'skip'
  }

  #readData(bytes: Buffer, from: number): ChunkStep {
    const available = bytes.length - from
    if (available <= 0) return 'more'
    const take = Math.min(this.#remaining, available)
    this.#remaining -= take
    if (this.#remaining === 0) this.#state = 'data-end'
    this.position = from + take
    return { kind: 'data', bytes: bytes.subarray(from, from + take) }
  }

  #readDataEnd(bytes: Buffer, from: number): ChunkStep {
    if (from >= bytes.length) return 'more'
    if (bytes[from] !== carriageReturn) return refuse(400, 'a chunk does not end where its size says')
    if (from + 1 >= bytes.length) return 'more'
    if (bytes[from + 1] !== lineFeed) return refuse(400, 'a chunk does not end where its size says')
    this.position = from + 2
    this.#state = 'size'
    return 'skip'
  }

  #readTrailer(bytes: Buffer, from: number): ChunkStep {
    const line = this.#line(bytes, from, this.#limits.maxHeadBytes)
    if (typeof line === 'object')
      return line.status === 431 ? refuse(431, 'the trailers are too large') : line
    if (line === undefined) return 'more'
    if (line === '') return 'end'
    this.#trailerBytes += line.length + 2
    this.#trailerCount++
    if (this.#trailerBytes > this.#limits.maxHeadBytes || this.#trailerCount > this.#limits.maxFieldCount) {
      return refuse(431, 'the trailers are too large')
    }
    if (!trailerLine.test(line)) return refuse(400, 'a trailer is not valid')
    return framingField.test(line) ? refuse(400, 'a trailer that would frame messages') : 'skip'
  }

  /** One line without its CRLF, undefined while it is incomplete. An incomplete one is looked for again from its start: lines here are short. */
  #line(bytes: Buffer, from: number, maxBytes: number): string | Refusal | undefined {
    const feed = bytes.indexOf(lineFeed, from)
    const length = (feed < 0 ? bytes.length : feed) - from
    // A CR that is followed by anything but LF is refused before the line is complete, and before its length is: the
    // answer must not depend on how much has come.
    const stray = bytes.indexOf(carriageReturn, from)
    if (stray >= 0 && stray < from + Math.min(length - 1, maxBytes)) {
      return refuse(400, 'a bare CR in the chunked coding')
    }
    if (length > maxBytes) return refuse(431, 'a line of the chunked coding is too long')
    if (feed < 0) return undefined
    if (length === 0 || bytes[feed - 1] !== carriageReturn)
      return refuse(400, 'a line that does not end in CRLF')
    this.position = feed + 1
    return bytes.toString('latin1', from, feed - 1)
  }
}

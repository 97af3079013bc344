// FastCGI records, both directions (FastCGI 1.0, sections 3 to 6 and 8).
// Pure: bytes in, calls out; any chunking down to one octet. Knows nothing about sockets, pools or HTTP.
// Record layout and constants are here; name-value pairs are fastcgi-params.ts.

/** Record types (section 8). */
export const recordType = {
  begin: 1,
  abort: 2,
  end: 3,
  params: 4,
  stdin: 5,
  stdout: 6,
  stderr: 7,
  data: 8,
  getValues: 9,
  getValuesResult: 10,
  unknownType: 11,
} as const

/** Roles (section 6). */
export const role = { responder: 1, authorizer: 2, filter: 3 } as const

/** Protocol statuses of END_REQUEST (section 5.5). */
export const protocolStatus = { complete: 0, cannotMultiplex: 1, overloaded: 2, unknownRole: 3 } as const

/**
 * Application status of an answer that was cut short, from our own application server to a client whose connection carries
 * other requests, too; "CUT!" in ASCII. Any other status of an application says nothing of that.
 */
export const cutShortStatus = 0x43555421

export const headerBytes = 8
/** Content of one record; kept a multiple of 8 below 65,536 so that nobody needs padding to stay aligned. */
export const maxContentBytes = 65528
const version = 1

/** Writes a record header into `into` at `at`. */
export function writeHeader(
  into: Buffer,
  at: number,
  type: number,
  id: number,
  contentBytes: number,
  padding = 0,
): void {
  into[at] = version
  into[at + 1] = type
  into[at + 2] = id >> 8
  into[at + 3] = id & 0xff
  into[at + 4] = contentBytes >> 8
  into[at + 5] = contentBytes & 0xff
  into[at + 6] = padding
  into[at + 7] = 0
}

/** One whole record. The content must fit: at most 65,535 octets. */
export function encodeRecord(type: number, id: number, content: Buffer): Buffer {
  if (content.length > 0xffff) throw new RangeError(`A record holds 65,535 octets, not ${content.length}`)
  const record = Buffer.allocUnsafe(headerBytes + content.length)
  writeHeader(record, 0, type, id, content.length)
  content.copy(record, headerBytes)
  return record
}

/** Content cut into as many records as it needs; an empty content gives none (that would end the stream). */
export function encodeStream(type: number, id: number, content: Buffer): Buffer[] {
  const records: Buffer[] = []
  for (let at = 0; at < content.length; at += maxContentBytes) {
    const piece = content.subarray(at, at + maxContentBytes)
    const header = Buffer.allocUnsafe(headerBytes)
    writeHeader(header, 0, type, id, piece.length)
    records.push(header, piece)
  }
  return records
}

/** The record that ends a stream (section 3.3). */
export function encodeStreamEnd(type: number, id: number): Buffer {
  return encodeRecord(type, id, Buffer.alloc(0))
}

/** BEGIN_REQUEST (section 5.1). Never padded: libfcgi loses what follows a padded one. */
export function encodeBegin(id: number, roleNumber: number, keepConnection: boolean): Buffer {
  const body = Buffer.alloc(8)
  body.writeUInt16BE(roleNumber, 0)
  body[2] = keepConnection ? 1 : 0
  return encodeRecord(recordType.begin, id, body)
}

/** END_REQUEST (section 5.5). */
export function encodeEnd(id: number, appStatus: number, status: number): Buffer {
  const body = Buffer.alloc(8)
  body.writeUInt32BE(appStatus >>> 0, 0)
  body[4] = status
  return encodeRecord(recordType.end, id, body)
}

export function encodeAbort(id: number): Buffer {
  return encodeRecord(recordType.abort, id, Buffer.alloc(0))
}

/**
 * An empty answer to nothing (section 4.1), which is read by nobody: our launcher sends it to learn whether the other side
 * is still there.
 */
export const probe = encodeRecord(recordType.getValuesResult, 0, Buffer.alloc(0))

/** It says nothing of what the application does. */
export function isProbe(bytes: Buffer): boolean {
  return bytes.length === headerBytes && bytes.equals(probe)
}

/** UNKNOWN_TYPE (section 4.2), the answer to a management record nobody knows. */
export function encodeUnknownType(type: number): Buffer {
  const body = Buffer.alloc(8)
  body[0] = type
  return encodeRecord(recordType.unknownType, 0, body)
}

/** Receives records from a decoder. Content is a view, valid until the call returns. */
export interface RecordSink {
  /** One record, whole, or a piece of a long stream record (`last` false until its final piece). */
  record(type: number, id: number, content: Buffer, last: boolean): void
  /** The bytes are no FastCGI; nothing more will be decoded. */
  malformed(why: string): void
}

/**
 * Cuts a byte stream into records. Records of streams (STDIN, STDOUT, STDERR, DATA) are passed on piece by piece as
 * they come, so that a 64 KiB record never waits in memory; all others come whole.
 */
export class RecordDecoder {
  /** Only for a header that comes in pieces. */
  #header: Buffer | undefined
  #have = 0
  #type = 0
  #id = 0
  #content = 0
  #padding = 0
  #held: Buffer | undefined
  #heldBytes = 0
  #broken = false

  /** Decodes what `bytes` completes. */
  push(bytes: Buffer, sink: RecordSink): void {
    let at = 0
    const end = bytes.length
    while (at < end && !this.#broken) {
      if (this.#have < headerBytes) at = this.#readHeader(bytes, at, sink)
      else if (this.#content > 0) at = this.#readContent(bytes, at, sink)
      else {
        const skip = Math.min(this.#padding, end - at)
        this.#padding -= skip
        at += skip
        if (this.#padding === 0) this.#have = 0
      }
    }
  }

  /** Between two records: the connection may be closed or used again here. */
  get atBoundary(): boolean {
    return this.#have === 0 && !this.#broken
  }

  #readHeader(bytes: Buffer, from: number, sink: RecordSink): number {
    let source = bytes
    let start = from
    let at = from + headerBytes
    if (this.#have > 0 || bytes.length - from < headerBytes) {
      const take = Math.min(headerBytes - this.#have, bytes.length - from)
      this.#header ??= Buffer.alloc(headerBytes)
      bytes.copy(this.#header, this.#have, from, from + take)
      this.#have += take
      at = from + take
      if (this.#have < headerBytes) return at
      source = this.#header
      start = 0
    }
    if (source[start] !== version) {
      this.#broken = true
      sink.malformed(`a record of version ${source[start]}`)
      return at
    }
    this.#have = headerBytes
    this.#type = source[start + 1] as number
    this.#id = ((source[start + 2] as number) << 8) | (source[start + 3] as number)
    this.#content = ((source[start + 4] as number) << 8) | (source[start + 5] as number)
    this.#padding = source[start + 6] as number
    if (this.#content === 0) {
      if (this.#padding === 0) this.#have = 0
      sink.record(this.#type, this.#id, nothing, true)
    }
    return at
  }

  #readContent(bytes: Buffer, from: number, sink: RecordSink): number {
    const take = Math.min(this.#content, bytes.length - from)
    const piece = bytes.subarray(from, from + take)
    this.#content -= take
    const last = this.#content === 0
    if (last && this.#padding === 0) this.#have = 0
    if (this.#held !== undefined || (!last && !isStream(this.#type))) this.#hold(piece, last, sink)
    else sink.record(this.#type, this.#id, piece, last)
    return from + take
  }

  #hold(piece: Buffer, last: boolean, sink: RecordSink): void {
    this.#held ??= Buffer.allocUnsafe(piece.length + this.#content)
    piece.copy(this.#held, this.#heldBytes)
    this.#heldBytes += piece.length
    if (!last) return
    const whole = this.#held
    this.#held = undefined
    this.#heldBytes = 0
    sink.record(this.#type, this.#id, whole, true)
  }
}

const nothing = Buffer.alloc(0)

function isStream(type: number): boolean {
  return type >= recordType.stdin && type <= recordType.data
}

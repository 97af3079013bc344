// The FastCGI gateway, client side (FastCGI 1.0 sections 3, 5, 6): one call on one channel, one request at a time.
// Encodes environ and input, decodes head, output, errors and verdict. Sockets and pools are the backend's.

import type { Channel, ChannelSink } from '../backend/backend.ts'
import { PorticoError } from '../failure.ts'
import { findHeadEnd, parseCgiHead } from '../wire/cgi-response.ts'
import {
  encodeBegin,
  headerBytes,
  maxContentBytes,
  protocolStatus,
  RecordDecoder,
  type RecordSink,
  recordType,
  role,
  writeHeader,
} from '../wire/fastcgi.ts'
import { encodePair } from '../wire/fastcgi-params.ts'
import type { Environ } from './environ.ts'
import type { Call, Gateway, Reply, RunningCall } from './gateway.ts'
import type { SpooledInput } from './input.ts'

const requestId = 1
/** Input up to this size travels in the same write as the environ. */
const embeddedInputBytes = 32 * 1024

export const fastcgiGateway: Gateway = {
  name: 'fastcgi',
  call: (call, channel, reply) => {
    const running = new FastcgiCall(call, channel, reply)
    running.start()
    return running
  },
}

// BEGIN and the PARAMS record of the constant pairs, encoded once for each distinct array of pairs.
const encodedConstants = new WeakMap<readonly string[], Buffer>()

function beginAndConstants(pairs: readonly string[]): Buffer {
  const known = encodedConstants.get(pairs)
  if (known !== undefined) return known
  const encoded = Buffer.concat([encodeBegin(requestId, role.responder, true), encodeParams(pairs)])
  encodedConstants.set(pairs, encoded)
  return encoded
}

/** PARAMS records of the pairs; a pair never straddles two records unless it is larger than one (php-fpm resets). */
function encodeParams(pairs: readonly string[]): Buffer {
  const records: Buffer[] = []
  let text = ''
  const finish = (): void => {
    for (let at = 0; at < text.length; at += maxContentBytes)
      records.push(paramsRecord(text.slice(at, at + maxContentBytes)))
    text = ''
  }
  for (let i = 0; i < pairs.length; i += 2) {
    const pair = encodePair(pairs[i] as string, pairs[i + 1] as string)
    if (text.length + pair.length > maxContentBytes) finish()
    text += pair
  }
  finish()
  return records.length === 1 ? (records[0] as Buffer) : Buffer.concat(records)
}

function paramsRecord(content: string): Buffer {
  const record = Buffer.allocUnsafe(headerBytes + content.length)
  writeHeader(record, 0, recordType.params, requestId, content.length)
  record.write(content, headerBytes, 'latin1')
  return record
}

/** Everything up to and including the end of a small input, in one buffer: one write, one packet for the peer. */
function encodeOpening(environ: Environ, input: SpooledInput | undefined): Buffer {
  const constant = beginAndConstants(environ.constant)
  let text = ''
  const pairs = environ.variable
  for (let i = 0; i < pairs.length; i += 2) text += encodePair(pairs[i] as string, pairs[i + 1] as string)
  const params = text.length <= maxContentBytes ? undefined : encodeParams(pairs)
  const paramsBytes = params === undefined ? headerBytes + text.length : params.length
  const embedded = isEmbedded(input) ? (input?.pieces ?? []) : []
  const inputBytes = embedded.length === 0 ? 0 : headerBytes + (input as SpooledInput).length
  const closed = isEmbedded(input)
  const opening = Buffer.allocUnsafe(
    constant.length + paramsBytes + headerBytes + inputBytes + (closed ? headerBytes : 0),
  )
  constant.copy(opening, 0)
  let at = constant.length
  if (params === undefined) {
    writeHeader(opening, at, recordType.params, requestId, text.length)
    opening.write(text, at + headerBytes, 'latin1')
  } else params.copy(opening, at)
  at += paramsBytes
  writeHeader(opening, at, recordType.params, requestId, 0)
  at += headerBytes
  if (inputBytes > 0) {
    writeHeader(opening, at, recordType.stdin, requestId, inputBytes - headerBytes)
    at += headerBytes
    for (const piece of embedded) at += piece.copy(opening, at)
  }
  if (closed) writeHeader(opening, at, recordType.stdin, requestId, 0)
  return opening
}

function isEmbedded(input: SpooledInput | undefined): boolean {
  return input === undefined || (input.pieces !== undefined && input.length <= embeddedInputBytes)
}

class FastcgiCall implements RunningCall, ChannelSink, RecordSink {
  readonly #call: Call
  readonly #channel: Channel
  readonly #reply: Reply
  readonly #decoder = new RecordDecoder()
  /** The beginning of the head while it is incomplete; undefined once the head has been passed on. */
  #headBytes: Buffer | undefined = noBytes
  #sending = false
  #waitsForDrain = false
  #paused = false
  #done = false

  constructor(call: Call, channel: Channel, reply: Reply) {
    this.#call = call
    this.#channel = channel
    this.#reply = reply
  }

  start(): void {
    const { environ, input } = this.#call
    this.#channel.sink = this
    this.#sending = !isEmbedded(input)
    const open = this.#channel.write(encodeOpening(environ, input))
    if (!this.#sending) return
    if (open) this.#sendNext()
    else this.#waitsForDrain = true
  }

  resume(): void {
    if (!this.#paused || this.#done) return
    this.#paused = false
    this.#channel.resume()
  }

  cancel(): void {
    if (this.#done) return
    this.#done = true
    this.#channel.abandon()
  }

  data(bytes: Buffer): void {
    this.#decoder.push(bytes, this)
    if (!this.#done) this.#reply.flush()
  }

  drained(): void {
    if (!this.#waitsForDrain || this.#done) return
    this.#waitsForDrain = false
    this.#sendNext()
  }

  closed(failure: PorticoError, unread: boolean): void {
    if (this.#done) return
    this.#done = true
    this.#reply.fail(failure, unread)
  }

  record(type: number, id: number, content: Buffer, last: boolean): void {
    if (this.#done || id !== requestId) return
    if (type === recordType.stdout) {
      if (content.length > 0) this.#takeOutput(content)
    } else if (type === recordType.stderr) {
      if (content.length > 0) this.#reply.errors(content)
    } else if (type === recordType.end && last) this.#finish(content)
  }

  malformed(why: string): void {
    this.#break(new PorticoError('E_WIRE_MALFORMED', `The worker broke the FastCGI protocol: ${why}`))
  }

  // A loop, not a recursion: pieces in memory come at once, and there may be many of them.
  #sendNext(): void {
    const input = this.#call.input
    let more = input !== undefined
    while (more && !this.#done) {
      let atOnce = true
      more = false
      input?.next((failure, piece) => {
        const goOn = this.#sendPiece(failure, piece)
        if (atOnce) more = goOn
        else if (goOn) this.#sendNext()
      })
      atOnce = false
    }
  }

  /** True when the next piece can follow now. */
  #sendPiece(failure: PorticoError | undefined, piece: Buffer | undefined): boolean {
    if (this.#done) return false
    if (failure !== undefined) {
      this.#break(failure)
      return false
    }
    if (piece === undefined) {
      this.#sending = false
      this.#channel.write(stdinEnd)
      return false
    }
    this.#waitsForDrain = !this.#writePiece(piece)
    return !this.#waitsForDrain
  }

  /** The piece belongs to the spool and is overwritten by the next one, so it is copied behind its header. */
  #writePiece(piece: Buffer): boolean {
    let open = true
    for (let at = 0; at < piece.length; at += maxContentBytes) {
      const content = piece.subarray(at, at + maxContentBytes)
      const record = Buffer.allocUnsafe(headerBytes + content.length)
      writeHeader(record, 0, recordType.stdin, requestId, content.length)
      content.copy(record, headerBytes)
      open = this.#channel.write(record)
    }
    return open
  }

  #takeOutput(content: Buffer): void {
    const pending = this.#headBytes
    if (pending === undefined) {
      this.#passOn(content)
      return
    }
    const bytes = pending.length === 0 ? content : Buffer.concat([pending, content])
    const end = findHeadEnd(bytes, Math.max(0, pending.length - 3))
    if (end < 0 || end > this.#call.maxHeadBytes) {
      if (bytes.length > this.#call.maxHeadBytes) this.#break(new PorticoError('E_HEAD_TOO_LARGE'))
      else this.#headBytes = pending.length === 0 ? Buffer.from(content) : bytes
      return
    }
    const head = parseCgiHead(bytes.toString('latin1', 0, end))
    if (head.kind === 'bad') {
      const start = bytes.toString('latin1', 0, Math.min(bytes.length, 200))
      this.#break(
        new PorticoError('E_HEAD_MALFORMED', `The application's head is not valid: ${head.why}`, { start }),
      )
      return
    }
    this.#headBytes = undefined
    this.#channel.answering()
    this.#reply.head(head)
    if (!this.#done && end < bytes.length) this.#passOn(bytes.subarray(end))
  }

  #passOn(output: Buffer): void {
    if (this.#reply.output(output) || this.#done || this.#paused) return
    this.#paused = true
    this.#channel.pause()
  }

  #finish(content: Buffer): void {
    this.#done = true
    const appStatus = content.length >= 5 ? content.readUInt32BE(0) : 1
    const status = content[4]
    // Leftover input means that the peer's reading and our writing are out of step: that connection is not used again.
    if (this.#sending || !this.#decoder.atBoundary) this.#channel.abandon()
    else this.#channel.release()
    const reply = this.#reply
    if (status === protocolStatus.overloaded) reply.fail(new PorticoError('E_BACKEND_BUSY'))
    else if (status !== protocolStatus.complete) {
      reply.fail(
        new PorticoError('E_WIRE_MALFORMED', `The worker refused the request (protocol status ${status})`),
      )
    } else if (this.#headBytes !== undefined) {
      reply.fail(new PorticoError('E_HEAD_MALFORMED', 'The application ended without a head', { appStatus }))
    } else if (appStatus !== 0) reply.fail(new PorticoError('E_OUTPUT_CUT_SHORT', undefined, { appStatus }))
    else reply.end()
  }

  #break(failure: PorticoError): void {
    if (this.#done) return
    this.#done = true
    this.#channel.abandon()
    this.#reply.fail(failure)
  }
}

const noBytes = Buffer.alloc(0)
const stdinEnd = Buffer.alloc(headerBytes)
writeHeader(stdinEnd, 0, recordType.stdin, requestId, 0)

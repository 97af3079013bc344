// The FastCGI gateway, client side (FastCGI 1.0 sections 3, 5, 6): one call on one channel, one request at a time.
// Encodes environ and input, decodes head, output, errors and verdict. Sockets and pools are the backend's.

import type { Channel, ChannelSink } from '../backend/backend.ts'
import { PorticoError } from '../failure.ts'
import { findHeadEnd, parseCgiHead, statusOfLine } from '../wire/cgi-response.ts'
import {
  headerBytes,
  maxContentBytes,
  protocolStatus,
  RecordDecoder,
  type RecordSink,
  recordType,
  writeHeader,
} from '../wire/fastcgi.ts'
import { type Dialect, fastcgiDialect } from './dialect.ts'
import { encodeOpening, isEmbedded, requestId } from './fastcgi-opening.ts'
import type { Call, Gateway, Reply, RunningCall } from './gateway.ts'

export function fastcgiCalls(dialect: Dialect): Gateway {
  return {
    name: dialect.name,
    call: (call, channel, reply) => {
      const running = new FastcgiCall(dialect, call, channel, reply)
      running.start()
      return running
    },
  }
}

class FastcgiCall implements RunningCall, ChannelSink, RecordSink {
  readonly #dialect: Dialect
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

  constructor(dialect: Dialect, call: Call, channel: Channel, reply: Reply) {
    this.#dialect = dialect
    this.#call = call
    this.#channel = channel
    this.#reply = reply
  }

  start(): void {
    const { environ, input } = this.#call
    this.#channel.sink = this
    this.#sending = !isEmbedded(input)
    const open = this.#channel.write(encodeOpening(environ, input), input === undefined)
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

  ended(failure: PorticoError): void {
    this.closed(failure, false)
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
      let taken = false
      input?.next((failure, piece) => {
        taken = true
        if (!atOnce) this.#channel.awaitsInput = false
        const goOn = this.#sendPiece(failure, piece)
        if (atOnce) more = goOn
        else if (goOn) this.#sendNext()
      })
      atOnce = false
      if (!taken) this.#channel.awaitsInput = true
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
    if (this.#call.verbatim === true) {
      this.#takeVerbatim(bytes)
      return
    }
    const end = findHeadEnd(bytes, Math.max(0, pending.length - 3))
    if (end < 0 || end > this.#call.maxHeadBytes) {
      this.#keepHead(bytes, bytes === content)
      return
    }
    const head = parseCgiHead(bytes.toString('latin1', 0, end))
    if (head.kind === 'bad') {
      this.#breakHead(head.why, bytes)
      return
    }
    this.#headBytes = undefined
    this.#channel.answering()
    this.#reply.head(this.#dialect.head(head))
    if (!this.#done && end < bytes.length) this.#passOn(bytes.subarray(end))
  }

  /** The status is read for the log; nothing is taken away. */
  #takeVerbatim(bytes: Buffer): void {
    const end = bytes.indexOf(lineFeed)
    if (end < 0) {
      this.#keepHead(bytes, true)
      return
    }
    const status = statusOfLine(bytes.toString('latin1', 0, end).trimEnd())
    if (status === undefined) {
      this.#breakHead('it does not begin with a status line of HTTP', bytes)
      return
    }
    this.#headBytes = undefined
    this.#channel.answering()
    this.#reply.head({ status, reason: undefined, fields: [], verbatim: true })
    if (!this.#done) this.#passOn(bytes)
  }

  /** @param isView the bytes are overwritten by the next that come */
  #keepHead(bytes: Buffer, isView: boolean): void {
    if (bytes.length > this.#call.maxHeadBytes) this.#break(new PorticoError('E_HEAD_TOO_LARGE'))
    else this.#headBytes = isView ? Buffer.from(bytes) : bytes
  }

  #breakHead(why: string, bytes: Buffer): void {
    const what = `The application's head is not valid: ${why}`
    this.#break(new PorticoError('E_HEAD_MALFORMED', what, { start: startOf(bytes) }))
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
      const start = this.#headBytes.length === 0 ? undefined : startOf(this.#headBytes)
      reply.fail(this.#dialect.withoutHead(appStatus, start))
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

export const fastcgiGateway = fastcgiCalls(fastcgiDialect)

/** As much of a head as the log may show. */
function startOf(bytes: Buffer): string {
  return bytes.toString('latin1', 0, Math.min(bytes.length, 200))
}

const lineFeed = 0x0a
const noBytes = Buffer.alloc(0)
const stdinEnd = Buffer.alloc(headerBytes)
writeHeader(stdinEnd, 0, recordType.stdin, requestId, 0)

// The FastCGI gateway, client side (FastCGI 1.0 sections 3, 5, 6): one call on one channel, one request at a time.
// Encodes environ and input, decodes head, output, errors and verdict. Sockets and pools are the backend's.

import type { Channel, ChannelSink } from '../backend/backend.ts'
import { PorticoError } from '../failure.ts'
import { findHeadEnd, parseCgiHead, statusOfLine } from '../wire/cgi-response.ts'
import {
  cutShortStatus,
  headerBytes,
  maxContentBytes,
  protocolStatus,
  RecordDecoder,
  type RecordSink,
  recordType,
  writeHeader,
} from '../wire/fastcgi.ts'
import { type Dialect, fastcgiDialect } from './dialect.ts'
import { encodeOpening, requestId } from './fastcgi-opening.ts'
import { refusalOf } from './fastcgi-refusal.ts'
import type { Call, Gateway, Reply, ResponseHead, RunningCall } from './gateway.ts'
import { type InputOwner, InputWriter, isEmbedded } from './input-writer.ts'
import { malformedHead, startOf } from './malformed-head.ts'

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

class FastcgiCall implements RunningCall, ChannelSink, RecordSink, InputOwner {
  readonly #dialect: Dialect
  readonly #call: Call
  readonly #channel: Channel
  readonly #reply: Reply
  readonly #decoder = new RecordDecoder()
  /** The beginning of the head while it is incomplete; undefined once the head has been passed on. */
  #headBytes: Buffer | undefined = noBytes
  /** Undefined when the input has gone out with the environ. */
  #input: InputWriter | undefined
  /** Content of the END_REQUEST that has come; a view, so it lives only until the data are decoded. */
  #end: Buffer | undefined
  #paused = false
  /** The peer has sent a record. */
  #heard = false
  over = false

  constructor(dialect: Dialect, call: Call, channel: Channel, reply: Reply) {
    this.#dialect = dialect
    this.#call = call
    this.#channel = channel
    this.#reply = reply
  }

  start(): void {
    const { environ, input } = this.#call
    const channel = this.#channel
    channel.sink = this
    const opening = encodeOpening(environ, input, this.#dialect.keepsConnection)
    const open = channel.write(opening, input === undefined)
    if (input === undefined || isEmbedded(input)) return
    this.#input = new InputWriter(input, channel, this)
    this.#input.start(open)
  }

  resume(): void {
    if (!this.#paused || this.over) return
    this.#paused = false
    this.#channel.resume()
  }

  cancel(): void {
    if (this.over) return
    this.over = true
    this.#channel.abandon()
  }

  data(bytes: Buffer): void {
    this.#decoder.push(bytes, this)
    if (this.over) return
    // Not before all that came with it was decoded: only then is it known whether the connection is in step.
    if (this.#end !== undefined) this.#finish(this.#end)
    else this.#reply.flush()
  }

  drained(): void {
    this.#input?.drained()
  }

  /** Before END_REQUEST, whatever has come is no whole answer. */
  ended(failure: PorticoError): void {
    this.#break(failure)
  }

  closed(failure: PorticoError, unread: boolean): void {
    if (this.over) return
    this.over = true
    this.#reply.fail(failure, unread)
  }

  record(type: number, id: number, content: Buffer, last: boolean): void {
    if (this.over || this.#end !== undefined) return
    this.#heard = true
    if (id !== requestId) {
      // Those of the management belong to no request (section 3.3).
      if (id !== 0 || type < recordType.getValues)
        this.malformed(`a record of request ${id}, which was not begun`)
    } else if (type === recordType.stdout) {
      if (content.length > 0) this.#takeOutput(content)
    } else if (type === recordType.stderr) {
      if (content.length > 0) this.#reply.errors(content)
    } else if (type !== recordType.end) this.malformed(`a record of type ${type}, which no application sends`)
    else if (!last) return
    else if (content.length < endBytes) this.malformed(`an END_REQUEST of ${content.length} octets`)
    else this.#end = content
  }

  malformed(why: string): void {
    // What stands behind END_REQUEST is no part of the answer; the connection is not used again.
    if (this.#end !== undefined) return
    const { peer, doubt } = this.#dialect
    const what = `The ${peer} broke the FastCGI protocol: ${why}`
    this.#break(new PorticoError('E_WIRE_MALFORMED', what, this.#heard ? {} : { doubt }))
  }

  /** The piece belongs to the spool and is overwritten by the next one, so it is copied behind its header. */
  writeInput(piece: Buffer): boolean {
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

  inputEnded(): void {
    this.#channel.write(stdinEnd)
  }

  inputFailed(failure: PorticoError): void {
    this.#break(failure)
  }

  #takeOutput(content: Buffer): void {
    let output: Buffer | undefined = content
    while (output !== undefined && this.#headBytes !== undefined && !this.over)
      output = this.#takeHead(this.#headBytes, output)
    if (output !== undefined && !this.over) this.#passOn(output)
  }

  /** What stands behind the head, undefined while that is incomplete or when nothing does. */
  #takeHead(pending: Buffer, content: Buffer): Buffer | undefined {
    const bytes = pending.length === 0 ? content : Buffer.concat([pending, content])
    if (this.#call.verbatim === true) return this.#takeVerbatim(bytes)
    const end = findHeadEnd(bytes, Math.max(0, pending.length - 3))
    if (end < 0 || end > this.#call.maxHeadBytes) {
      this.#keepHead(bytes, bytes === content)
      return undefined
    }
    const head = parseCgiHead(bytes.toString('latin1', 0, end))
    if (head.kind === 'bad') {
      this.#break(malformedHead(head.why, bytes))
      return undefined
    }
    const meant = this.#dialect.head(head)
    if (meant === undefined) this.#headBytes = noBytes
    else this.#passHead(meant)
    return end < bytes.length ? bytes.subarray(end) : undefined
  }

  #passHead(head: ResponseHead): void {
    this.#headBytes = undefined
    this.#channel.answering()
    this.#reply.head(head)
  }

  /** The status is read for the log; nothing is taken away. */
  #takeVerbatim(bytes: Buffer): Buffer | undefined {
    const end = bytes.indexOf(lineFeed)
    if (end < 0) {
      this.#keepHead(bytes, true)
      return undefined
    }
    const status = statusOfLine(bytes.toString('latin1', 0, end).trimEnd())
    if (status === undefined) {
      this.#break(malformedHead('it does not begin with a status line of HTTP', bytes))
      return undefined
    }
    this.#passHead({ status, reason: undefined, fields: [], verbatim: true })
    return bytes
  }

  /** @param isView the bytes are overwritten by the next that come */
  #keepHead(bytes: Buffer, isView: boolean): void {
    if (bytes.length > this.#call.maxHeadBytes) this.#break(new PorticoError('E_HEAD_TOO_LARGE'))
    else this.#headBytes = isView ? Buffer.from(bytes) : bytes
  }

  #passOn(output: Buffer): void {
    if (this.#reply.output(output) || this.over || this.#paused) return
    this.#paused = true
    this.#channel.pause()
  }

  #finish(content: Buffer): void {
    this.over = true
    const dialect = this.#dialect
    const status = content[4]
    // Leftover input means that the peer's reading and our writing are out of step; so does a peer that takes the connection
    // for one that has a request already.
    const isInStep = this.#decoder.atBoundary && (this.#input === undefined || this.#input.ended)
    if (isInStep && dialect.keepsConnection && status !== protocolStatus.cannotMultiplex)
      this.#channel.release()
    else this.#channel.abandon()
    if (status === protocolStatus.complete) this.#finishComplete(content.readUInt32BE(0))
    else {
      const unread = status === protocolStatus.cannotMultiplex && this.#headBytes?.length === 0
      this.#reply.fail(refusalOf(status, dialect.peer), unread)
    }
  }

  #finishComplete(appStatus: number): void {
    const reply = this.#reply
    const dialect = this.#dialect
    if (this.#headBytes !== undefined) {
      const start = this.#headBytes.length === 0 ? undefined : startOf(this.#headBytes)
      reply.fail(dialect.withoutHead(appStatus, start))
    } else if (appStatus === 0) reply.end()
    else if (dialect.statusIsVerdict || appStatus === cutShortStatus)
      reply.fail(new PorticoError('E_OUTPUT_CUT_SHORT', undefined, { appStatus }))
    else {
      reply.errors(Buffer.from(`The ${dialect.peer} ended its answer with application status ${appStatus}\n`))
      reply.end()
    }
  }

  #break(failure: PorticoError): void {
    if (this.over) return
    this.over = true
    this.#channel.abandon()
    this.#reply.fail(failure)
  }
}

export const fastcgiGateway = fastcgiCalls(fastcgiDialect)

const lineFeed = 0x0a
/** Octets of an END_REQUEST. */
const endBytes = 8
const noBytes = Buffer.alloc(0)
const stdinEnd = Buffer.alloc(headerBytes)
writeHeader(stdinEnd, 0, recordType.stdin, requestId, 0)

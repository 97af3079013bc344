// What SCGI and uwsgi have in common: one call a connection; environ and input go out, and what comes back is a head and an
// output that ends with the connection. How the environ is written is the wire's affair.

import type { Channel, ChannelSink } from '../backend/backend.ts'
import { type Facts, PorticoError } from '../failure.ts'
import { isInterim } from '../http/status.ts'
import { findHeadEnd, parseEitherHead } from '../wire/cgi-response.ts'
import { cgiHead } from './cgi.ts'
import { type Environ, variableOf } from './environ.ts'
import { FramedOutput } from './framed-output.ts'
import type { Call, Gateway, Reply, RunningCall } from './gateway.ts'
import { type InputOwner, InputWriter, isEmbedded } from './input-writer.ts'
import { malformedHead, startOf } from './malformed-head.ts'
import { hasUnsizedInput, refuseCall, unsizedInput } from './unsized-input.ts'

/** A wire on which a connection carries one call. */
export interface CloseDelimitedWire {
  readonly name: string
  /** As messages call it. */
  readonly label: string
  /** All that stands in front of the input, or why this wire cannot carry the environ. */
  encode(environ: Environ, inputBytes: number): Buffer | PorticoError
}

export function closeDelimitedCalls(wire: CloseDelimitedWire): Gateway {
  return {
    name: wire.name,
    call: (call, channel, reply) => {
      if (hasUnsizedInput(call)) return refuseCall(unsizedInput(wire.label), channel, reply)
      const opening = wire.encode(call.environ, call.input?.length ?? 0)
      if (opening instanceof PorticoError) return refuseCall(opening, channel, reply)
      const running = new CloseDelimitedCall(call, channel, reply)
      running.start(opening)
      return running
    },
  }
}

class CloseDelimitedCall implements RunningCall, ChannelSink, InputOwner {
  readonly #call: Call
  readonly #channel: Channel
  readonly #reply: Reply
  #headBytes: Buffer = noBytes
  /** There once the head has been passed on. */
  #output: FramedOutput | undefined
  #input: InputWriter | undefined
  #paused = false
  over = false

  constructor(call: Call, channel: Channel, reply: Reply) {
    this.#call = call
    this.#channel = channel
    this.#reply = reply
  }

  /** @param opening all that stands in front of the input */
  start(opening: Buffer): void {
    const { input } = this.#call
    const channel = this.#channel
    channel.sink = this
    if (input === undefined || isEmbedded(input)) {
      channel.write(Buffer.concat([opening, ...(input?.pieces ?? [])]), true)
      return
    }
    this.#input = new InputWriter(input, channel, this)
    this.#input.start(channel.write(opening))
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
    let rest: Buffer | undefined = bytes
    while (rest !== undefined && this.#output === undefined && !this.over) rest = this.#takeHead(rest)
    if (rest !== undefined && this.#output !== undefined && !this.over) this.#takeOutput(this.#output, rest)
    if (!this.over) this.#reply.flush()
  }

  drained(): void {
    this.#input?.drained()
  }

  ended(failure: PorticoError): void {
    if (this.over) return
    if (this.#output === undefined) {
      this.#break(withoutHead(this.#headBytes, failure.facts.doubt))
      return
    }
    const cutShort = this.#output.cutShort() ?? (this.#isTooEarly ? failure : undefined)
    if (cutShort === undefined) this.#finish()
    else this.#break(cutShort)
  }

  /**
   * Whoever closes over unread input resets the connection, which shows in an error. Where the last octets of the answer come
   * together with that, Node tells of an end in order; the input that nobody has taken still gives it away.
   */
  get #isTooEarly(): boolean {
    return this.#output?.bodiless === false && this.#input?.ended === false
  }

  closed(failure: PorticoError, unread: boolean): void {
    if (this.over) return
    this.over = true
    if (this.#output?.bodiless === true) this.#reply.end()
    else this.#reply.fail(failure, unread)
  }

  /** The piece belongs to the spool and is overwritten by the next one, so it is copied. */
  writeInput(piece: Buffer): boolean {
    return this.#channel.write(Buffer.from(piece))
  }

  /** The peer counts. */
  inputEnded(): void {}

  inputFailed(failure: PorticoError): void {
    this.#break(failure)
  }

  /** What stands behind the head; undefined while that is incomplete. */
  #takeHead(content: Buffer): Buffer | undefined {
    const pending = this.#headBytes
    const { environ, maxHeadBytes } = this.#call
    const bytes = pending.length === 0 ? content : Buffer.concat([pending, content])
    const end = findHeadEnd(bytes, Math.max(0, pending.length - 3))
    if (end < 0 || end > maxHeadBytes) {
      if (bytes.length > maxHeadBytes) this.#break(new PorticoError('E_HEAD_TOO_LARGE'))
      else this.#headBytes = bytes === content ? Buffer.from(bytes) : bytes
      return undefined
    }
    const head = parseEitherHead(bytes.toString('latin1', 0, end))
    if (head.kind === 'bad') {
      this.#break(malformedHead(head.why, bytes))
      return undefined
    }
    this.#headBytes = noBytes
    const rest = bytes.subarray(end)
    if (isInterim(head.status)) return rest
    const output = FramedOutput.behind(head, variableOf(environ, 'REQUEST_METHOD') === 'HEAD', maxHeadBytes)
    if (output instanceof PorticoError) {
      this.#break(output)
      return undefined
    }
    this.#output = output
    this.#channel.answering()
    this.#reply.head(cgiHead(head))
    return rest
  }

  #takeOutput(output: FramedOutput, bytes: Buffer): void {
    const verdict = output.push(bytes, (piece) => this.#passOn(piece))
    if (verdict === false || this.over) return
    if (verdict === true) this.#finish()
    else this.#break(verdict)
  }

  #passOn(output: Buffer): void {
    if (this.over || this.#reply.output(output) || this.over || this.#paused) return
    this.#paused = true
    this.#channel.pause()
  }

  #finish(): void {
    this.over = true
    this.#channel.abandon()
    this.#reply.end()
  }

  #break(failure: PorticoError): void {
    if (this.over) return
    this.over = true
    this.#channel.abandon()
    this.#reply.fail(failure)
  }
}

/**
 * @param bytes what came in its place
 * @param doubt whether the peer speaks this wire
 */
function withoutHead(bytes: Buffer, doubt: Facts[string]): PorticoError {
  if (bytes.length === 0)
    return new PorticoError('E_HEAD_MALFORMED', 'The application closed the connection without an answer', {
      doubt,
    })
  const what = 'The application closed the connection before its head was complete'
  return new PorticoError('E_HEAD_MALFORMED', what, { start: startOf(bytes) })
}

const noBytes = Buffer.alloc(0)

// The adapter from exchanges to gateways: the one place where HTTP becomes an environ and an answer becomes HTTP.
// Keeps the order of admission (DESIGN section 2): body limit, 100 (Continue), spool, queue, slot.

import type { Backend, Channel, Opener, Ticket } from '../backend/backend.ts'
import { PorticoError } from '../failure.ts'
import type { EnvironBuilder } from '../gateway/environ.ts'
import type { Gateway, Reply, ResponseHead, RunningCall } from '../gateway/gateway.ts'
import type { SpooledInput, SpoolOwner } from '../gateway/input.ts'
import type { Spool } from '../gateway/spool.ts'
import type { SpoolWriter } from '../gateway/spool-writer.ts'
import type { Cancellable, Exchange, OutputSink, OutputSource } from '../http/exchange.ts'
import { firstField } from '../http/fields.ts'
import type { Log } from '../log/log.ts'
import { answerHead } from './answer-head.ts'
import type { Handler, Match } from './handler.ts'

export interface GatewayHandlerOptions {
  /** 'wsgi', 'fastcgi', ... for tables and logs. */
  readonly kind: string
  readonly application: string
  readonly gateway: Gateway
  readonly backend: Backend
  readonly environs: EnvironBuilder
  readonly spool: Spool
  /** Body limit in octets, 0 = off. */
  readonly maxBodyBytes: number
  /** Limit of the head that an application may answer with. */
  readonly maxHeadBytes: number
  readonly log: Log
}

export class GatewayHandler implements Handler {
  readonly kind: string
  readonly #options: GatewayHandlerOptions

  constructor(options: GatewayHandlerOptions) {
    this.kind = options.kind
    this.#options = options
  }

  answer(exchange: Exchange, match: Match): void {
    const { maxBodyBytes } = this.#options
    const length = exchange.input.length
    if (length !== undefined && maxBodyBytes > 0 && length > maxBodyBytes) {
      exchange.fail(new PorticoError('E_INPUT_TOO_LARGE', undefined, { limit: maxBodyBytes, length }))
      return
    }
    const call = new GatewayExchange(this.#options, exchange, match)
    exchange.whenGone = call
    if (length === 0) call.open()
    else call.takeInput()
  }
}

/** Content-Length of an application's head; undefined when it has none. Whether it is valid is checked with the head. */
function announcedLength(head: ResponseHead): number | undefined {
  const value = firstField(head.fields, 'content-length')
  return value === undefined ? undefined : Number(value)
}

/** How often a call that was surely not begun is given to another slot. */
const maxAttempts = 3

/** One request on its way through a gateway. One object plays all the small parts, so that a request costs few of them. */
class GatewayExchange implements Opener, Reply, OutputSource, Cancellable, SpoolOwner {
  readonly request: string
  readonly #options: GatewayHandlerOptions
  readonly #exchange: Exchange
  readonly #match: Match
  #writer: SpoolWriter | undefined
  #input: SpooledInput | undefined
  #ticket: Ticket | undefined
  #running: RunningCall | undefined
  #attempts = 0
  #head: ResponseHead | undefined
  /** Output that came together with the head; a view, so it lives only until flush or end. */
  #first: Buffer | undefined
  #sink: OutputSink | undefined
  #done = false

  constructor(options: GatewayHandlerOptions, exchange: Exchange, match: Match) {
    this.#options = options
    this.#exchange = exchange
    this.#match = match
    this.request = exchange.id
  }

  takeInput(): void {
    this.#writer = this.#options.spool.take(this.#exchange.input, this.#options.maxBodyBytes, this)
  }

  spooled(input: SpooledInput): void {
    this.#writer = undefined
    this.#input = input
    this.open()
  }

  spoolFailed(failure: PorticoError): void {
    this.#writer = undefined
    this.fail(failure)
  }

  open(): void {
    this.#attempts++
    this.#ticket = this.#options.backend.open(this)
  }

  granted(channel: Channel): void {
    this.#ticket = undefined
    const { environs, gateway, maxHeadBytes } = this.#options
    const exchange = this.#exchange
    exchange.worker = channel.worker
    const environ = environs.build(exchange, this.#match, this.#input?.length)
    this.#running = gateway.call({ environ, input: this.#input, maxHeadBytes }, channel, this)
  }

  refused(failure: PorticoError): void {
    this.#ticket = undefined
    this.fail(failure)
  }

  head(head: ResponseHead): void {
    this.#head = head
  }

  output(bytes: Buffer): boolean {
    if (this.#done) return true
    const sink = this.#sink
    // Views of a shared read buffer: what has to wait is copied.
    if (sink !== undefined) return sink.write(Buffer.from(bytes))
    if (this.#first === undefined) {
      this.#first = bytes
      return true
    }
    this.flush()
    return this.output(bytes)
  }

  flush(): void {
    const head = this.#head
    if (head === undefined || this.#sink !== undefined || this.#done) return
    // All that was announced is here, only the verdict is not (close() of the result may take its time): the client
    // need not wait for that, and one write is enough. The slot stays taken until the application is done.
    if (this.#first !== undefined && announcedLength(head) === this.#first.length) this.#answerWhole(head)
    else this.#startStream(head)
  }

  errors(text: Buffer): void {
    const { application, log } = this.#options
    log.warn('application.errors', { application, request: this.request }, text.toString('utf8').trimEnd())
  }

  end(): void {
    this.#closeInput()
    if (this.#done || this.#head === undefined) return
    const sink = this.#sink
    if (sink === undefined) {
      this.#answerWhole(this.#head)
      return
    }
    this.#finish()
    sink.end()
  }

  /** The verdict of the gateway, a refusal of the backend or of the spool. */
  fail(failure: PorticoError, unread = false): void {
    if (this.#done) {
      this.#closeInput()
      return
    }
    if (unread && this.#attempts < maxAttempts) {
      // The worker died before it read a single octet of this call: nobody has begun it, so another slot may.
      this.#running = undefined
      this.#input?.rewind()
      this.open()
      return
    }
    const sink = this.#sink
    this.#finish()
    this.#closeInput()
    if (sink !== undefined) sink.fail(failure)
    else this.#exchange.fail(failure)
  }

  start(sink: OutputSink): void {
    this.#sink = sink
    const first = this.#first
    this.#first = undefined
    // A false here needs no pause: the next piece meets the same full socket and does it.
    if (first !== undefined) sink.write(Buffer.from(first))
  }

  resume(): void {
    this.#running?.resume()
  }

  /** The client has gone, or nobody wants the rest of the output. */
  cancel(): void {
    if (this.#done) return
    const running = this.#running
    this.#finish()
    this.#closeInput()
    this.#writer?.cancel()
    this.#ticket?.cancel()
    running?.cancel()
  }

  #answerWhole(head: ResponseHead): void {
    const answer = answerHead(head)
    if (answer instanceof PorticoError) {
      this.fail(answer)
      return
    }
    const first = this.#first
    const length = first === undefined ? 0 : first.length
    if (
      answer.length !== undefined &&
      answer.length > length &&
      this.#exchange.head.method !== 'HEAD' &&
      !answer.bodiless
    ) {
      // Fewer octets than announced: only a streamed answer can show that.
      this.#startStream(head)
      this.end()
      return
    }
    const body = answer.length !== undefined && first !== undefined ? first.subarray(0, answer.length) : first
    this.#finish()
    this.#exchange.respond({
      status: head.status,
      reason: head.reason,
      fields: answer.fields,
      body,
      length: answer.length,
    })
  }

  #startStream(head: ResponseHead): void {
    const answer = answerHead(head)
    if (answer instanceof PorticoError) {
      const running = this.#running
      this.fail(answer)
      running?.cancel()
      return
    }
    this.#exchange.respond({
      status: head.status,
      reason: head.reason,
      fields: answer.fields,
      body: { length: answer.length, source: this },
    })
  }

  #finish(): void {
    this.#done = true
    this.#running = undefined
    this.#first = undefined
  }

  /** Once the call is over, and not before: an application may answer first and read its input then. */
  #closeInput(): void {
    this.#input?.close()
    this.#input = undefined
  }
}

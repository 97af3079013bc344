// One request on its way through a gateway: admission, call, answer, and giving up at any point of that.

import type { Backend, Channel, Opener, Ticket } from '../backend/backend.ts'
import { PorticoError } from '../failure.ts'
import type { EnvironBuilder } from '../gateway/environ.ts'
import type { Gateway, Reply, ResponseHead, RunningCall } from '../gateway/gateway.ts'
import type { BodyLimit, CallInput, SpoolOwner } from '../gateway/input.ts'
import { LiveInput } from '../gateway/live-input.ts'
import { OutputSpool, type OutputSpoolOwner } from '../gateway/output-spool.ts'
import type { Spool } from '../gateway/spool.ts'
import type { SpoolWriter } from '../gateway/spool-writer.ts'
import type { Cancellable, Exchange, OutputSink, OutputSource, Stage } from '../http/exchange.ts'
import type { Log } from '../log/log.ts'
import { type AnswerHead, announcedLength, answerHead } from './answer-head.ts'
import { ErrorLines } from './error-lines.ts'
import type { Match } from './handler.ts'
import type { Sendfile } from './sendfile/sendfile.ts'

export interface GatewayHandlerOptions {
  /** 'wsgi', 'fastcgi', ... for tables and logs. */
  readonly kind: string
  readonly application: string
  readonly gateway: Gateway
  readonly backend: Backend
  readonly environs: EnvironBuilder
  readonly spool: Spool
  readonly bodyLimit: BodyLimit
  /** The application gets its input as it comes; otherwise a slot is taken when all of it is here. */
  readonly streamInput: boolean
  /** Octets of one output that may wait for a slow client before the application has to, 0 = off. */
  readonly maxOutputWaitingBytes: number
  /** What sends the files that the application names; undefined where it may name none. */
  readonly sendfile: Sendfile | undefined
  /** Limit of the head that an application may answer with. */
  readonly maxHeadBytes: number
  /** Its errors are lines of the log of their own, each; otherwise what is written at once is one entry. */
  readonly errorsByLine: boolean
  readonly log: Log
}

/** How often a call that was surely not begun is given to another slot. */
const maxAttempts = 3

/** RFC 9110 section 9.2.2. */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

const maxUnwantedOctets = 1024 * 1024

/** One request on its way through a gateway. One object plays all the small parts, so that a request costs few of them. */
export class GatewayExchange
  implements Opener, Reply, OutputSource, OutputSpoolOwner, Cancellable, SpoolOwner
{
  readonly request: string
  readonly #options: GatewayHandlerOptions
  readonly #exchange: Exchange
  readonly #match: Match
  #errors: ErrorLines | undefined
  #writer: SpoolWriter | undefined
  #input: CallInput | undefined
  #ticket: Ticket | undefined
  #running: RunningCall | undefined
  #attempts = 0
  #head: ResponseHead | undefined
  /** Output that came together with the head; a view, so it lives only until flush or end. */
  #first: Buffer | undefined
  /** Set together, once the answer is being streamed. */
  #sink: OutputSink | undefined
  #output: OutputSpool | undefined
  #done = false
  /** The call whose output nobody wants, a file being sent in its place. */
  #unwanted: RunningCall | undefined
  #unwantedOctets = 0

  constructor(options: GatewayHandlerOptions, exchange: Exchange, match: Match) {
    this.#options = options
    this.#exchange = exchange
    this.#match = match
    this.request = exchange.id
  }

  get repeatable(): boolean {
    const { method } = this.#exchange.head
    // Mostly it is GET, which costs no look into the set.
    return this.#attempts === 1 && (method === 'GET' || idempotent.has(method))
  }

  get stage(): Stage {
    if (this.#writer !== undefined) return 'reading body'
    return this.#ticket === undefined ? 'running' : 'queued'
  }

  takeInput(): void {
    this.#writer = this.#options.spool.take(this.#exchange.input, this.#options.bodyLimit, this)
  }

  streamInput(): void {
    this.#input = new LiveInput(this.#exchange.input, this.#options.bodyLimit)
    this.open()
  }

  spooled(input: CallInput): void {
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
    const { verbatim = false } = this.#match
    this.#running = gateway.call({ environ, input: this.#input, maxHeadBytes, verbatim }, channel, this)
  }

  refused(failure: PorticoError): void {
    this.#ticket = undefined
    this.fail(failure)
  }

  head(head: ResponseHead): void {
    this.#head = head
  }

  output(bytes: Buffer): boolean {
    if (this.#done) {
      this.#dropUnwanted(bytes.length)
      return true
    }
    const output = this.#output
    if (output !== undefined) return output.push(bytes)
    if (this.#first === undefined) {
      this.#first = bytes
      return true
    }
    this.flush()
    return this.output(bytes)
  }

  flush(): void {
    const head = this.#head
    if (head === undefined || this.#output !== undefined || this.#done) return
    // All that was announced is here, only the verdict is not (close() of the result may take its time): the client
    // need not wait for that, and one write is enough. The slot stays taken until the application is done. Not while
    // its input is still coming: behind a complete answer the connection only drops what a client goes on sending.
    const first = this.#first
    const isWhole = first !== undefined && head.verbatim !== true && announcedLength(head) === first.length
    if (isWhole && !(this.#options.streamInput && this.#input !== undefined)) this.#answerWhole(head)
    else this.#startStream(head)
  }

  errors(text: Buffer): void {
    const { application, log, errorsByLine } = this.#options
    if (errorsByLine) {
      this.#errors ??= new ErrorLines(log, { application, request: this.request, script: this.#match.script })
      this.#errors.push(text)
      return
    }
    log.warn('application.errors', { application, request: this.request }, text.toString('utf8').trimEnd())
  }

  end(): void {
    this.#closeInput()
    if (this.#done || this.#head === undefined) return
    this.#running = undefined
    const output = this.#output
    // The slot is free; the client reads on at its own pace.
    if (output !== undefined) output.end()
    else this.#answerWhole(this.#head)
  }

  outputWanted(): void {
    this.#running?.resume()
  }

  outputComplete(): void {
    const sink = this.#sink
    this.#finish()
    sink?.end()
  }

  outputLost(failure: PorticoError): void {
    const running = this.#running
    this.fail(failure)
    running?.cancel()
  }

  /** The verdict of the gateway, a refusal of the backend or of the spool. */
  fail(failure: PorticoError, unread = false): void {
    if (this.#done) {
      this.#closeInput()
      return
    }
    if (
      unread &&
      this.#head === undefined &&
      this.#attempts < maxAttempts &&
      this.#input?.rewind() !== false
    ) {
      // The worker died before it read a single octet of this call: nobody has begun it, so another slot may. Not at once:
      // that its other slots are gone, too, may be heard only now.
      this.#running = undefined
      setImmediate(() => {
        if (!this.#done) this.open()
      })
      return
    }
    const sink = this.#sink
    this.#finish()
    this.#closeInput()
    if (sink !== undefined) sink.fail(failure)
    else this.#exchange.fail(failure)
  }

  start(sink: OutputSink): void {
    const { spool, maxOutputWaitingBytes } = this.#options
    const output = new OutputSpool(spool, maxOutputWaitingBytes, sink, this)
    this.#sink = sink
    this.#output = output
    const first = this.#first
    this.#first = undefined
    if (first !== undefined) output.push(first)
  }

  resume(): void {
    this.#output?.resume()
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
    if (head.verbatim === true) {
      this.#startStream(head)
      this.end()
      return
    }
    const answer = this.#answerHead(head)
    if (answer === undefined) return
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
    const answer = this.#answerHead(head)
    if (answer === undefined) return
    this.#exchange.respond({
      status: head.status,
      reason: head.reason,
      fields: answer.fields,
      body: { length: answer.length, source: this },
      ...(head.verbatim === true ? { verbatim: true } : {}),
    })
  }

  /** Undefined when the exchange was answered or failed already. */
  #answerHead(head: ResponseHead): AnswerHead | undefined {
    const { sendfile } = this.#options
    if (head.localRedirect !== undefined) {
      this.#unwanted = this.#running
      this.#finish()
      this.#exchange.whenGone = undefined
      this.#exchange.redirectLocally(head.localRedirect)
      return undefined
    }
    if (head.verbatim === true) return { fields: [], length: undefined, bodiless: false, file: undefined }
    const answer = answerHead(head, sendfile !== undefined)
    const running = this.#running
    if (answer instanceof PorticoError) {
      this.fail(answer)
      running?.cancel()
      return undefined
    }
    const { file, fields, bodiless } = answer
    if (sendfile === undefined || file === undefined || bodiless) return answer
    this.#finish()
    this.#unwanted = running
    sendfile.answer(this.#exchange, file, { status: head.status, reason: head.reason, fields })
    return undefined
  }

  /** Behind the name of a file there is no output, or none worth a word; one without end would hold its slot for ever. */
  #dropUnwanted(octets: number): void {
    this.#unwantedOctets += octets
    if (this.#unwantedOctets <= maxUnwantedOctets) return
    this.#unwanted?.cancel()
    this.#unwanted = undefined
  }

  #finish(): void {
    this.#done = true
    this.#running = undefined
    this.#first = undefined
    this.#output?.close()
  }

  /** Once the call is over, and not before: an application may answer first and read its input then. */
  #closeInput(): void {
    this.#errors?.end()
    this.#input?.close()
    this.#input = undefined
  }
}

// One socket of an HTTP/1.1 client (RFC 9112 section 9): keep-alive, pipelining in order, 100-continue, half-close,
// lingering close. Parses with parser.ts, writes what it is given, asks deadlines.ts what is late; what to answer is the
// host's affair.
// One request is in progress at a time; the next head is not even parsed before the answer is complete.

import type { Socket } from 'node:net'
import { writeTo } from '../direct-write.ts'
import { PorticoError } from '../failure.ts'
import type { Input, OutputSource } from '../http/exchange.ts'
import type { RequestHead } from '../http/head.ts'
import { abortSocket } from './abort.ts'
import { Deadlines, type Stage } from './deadlines.ts'
import type { ConnectionHost, HostedConnection, OutputFraming, Turn } from './host.ts'
import { readFrom } from './lent-reads.ts'
import type { ConnectionLimits } from './limits.ts'
import { RequestParser } from './parser.ts'
import type { Refusal } from './refusal.ts'
import { type InputOwner, noInput, RequestInput } from './request-input.ts'
import { ResponseOutput } from './response-output.ts'
import { continueLine } from './serializer.ts'
import { writeWhole } from './whole-answer.ts'

/** Octets of an unread body that are read and dropped so that the connection can stay. */
const drainBytes = 64 * 1024
/** Octets of pipelined requests that wait in memory before the socket is paused. */
const pipelineBytes = 64 * 1024
/** How long a new connection that says nothing, or half of a head, is not yet counted as idle. */
const freshMs = 1000
const requestTimeout: Refusal = { kind: 'bad', status: 408, why: 'the head did not come in time' }
const cutHead: Refusal = { kind: 'bad', status: 400, why: 'the connection ended within a head' }

type Phase = 'idle' | 'head' | 'busy' | 'closing'

export class Connection implements HostedConnection, InputOwner {
  readonly socket: Socket
  idleBefore: HostedConnection | undefined
  idleAfter: HostedConnection | undefined
  readonly #host: ConnectionHost
  readonly #parser: RequestParser
  readonly #deadlines: Deadlines
  #phase: Phase = 'idle'
  #turn: Turn | undefined
  #head: RequestHead | undefined
  #input: RequestInput | undefined
  #output: ResponseOutput | undefined
  #closeAfter = false
  #halfClosed = false
  #served = false
  #pumping = false
  #awaitsContinue = false

  /** @param limits of this connection, where they are not those of all */
  constructor(socket: Socket, host: ConnectionHost, limits: ConnectionLimits = host.limits) {
    this.socket = socket
    this.#host = host
    this.#parser = new RequestParser(limits)
    this.#deadlines = new Deadlines(limits, host.now())
    readFrom(socket, (bytes, isLent) => this.#received(bytes, isLent))
    socket.on('end', () => this.#clientEnded())
    socket.on('drain', () => (this.#output === undefined ? this.#pump() : this.#output.drained()))
    // Every error is followed by 'close', which is where it is dealt with.
    socket.on('error', () => {})
    socket.on('close', () => this.#socketClosed())
  }

  get idle(): boolean {
    if (this.#turn !== undefined || this.#phase === 'busy' || this.#phase === 'closing') return false
    // A connection that has just come has not had its chance to speak yet.
    return this.#parser.idle && (this.#served || this.#deadlines.waitedMs(this.#host.now()) > freshMs)
  }

  get turn(): Turn | undefined {
    return this.#turn
  }

  staysOpen(): boolean {
    const head = this.#head
    if (head === undefined || !head.keepAlive || this.#host.stopping || this.#closeAfter) return false
    // The client has said its last, but what it pipelined before that is still answered.
    if (this.#halfClosed && this.#parser.buffered === 0) return false
    if (this.#input === undefined) return true
    // Unread input: a client that waits for a 100 may send its body or not, so nobody could say what comes next.
    const rest = this.#parser.bodyRemaining
    return rest !== undefined && rest <= drainBytes && !this.#awaitsContinue
  }

  sendWhole(head: string, body: Buffer | undefined, close: boolean): void {
    const size = writeWhole(this.socket, head, body)
    this.#finishTurn(size, true, close)
  }

  sendOctets(octets: Buffer, bodyBytes: number): void {
    writeTo(this.socket, octets)
    this.#finishTurn(bodyBytes, true, false)
  }

  sendStream(head: string, source: OutputSource, framing: OutputFraming, close: boolean): void {
    const output = new ResponseOutput(this.socket, source, framing, (bodyBytes, complete, failure) => {
      this.#output = undefined
      this.#finishTurn(bodyBytes, complete, close || !complete, failure)
    })
    this.#output = output
    output.start(head)
  }

  refuse(answer: string): void {
    this.socket.write(answer, 'latin1')
    this.#startClosing()
  }

  stop(): void {
    this.#closeAfter = true
    if (this.#turn === undefined && !this.#isAboutToAsk()) this.#startClosing()
  }

  destroy(): void {
    this.socket.destroy()
  }

  cutShort(failure: PorticoError): boolean {
    const output = this.#output
    output?.abort(failure)
    return output !== undefined
  }

  inputWanted(): void {
    if (this.#awaitsContinue) {
      this.#awaitsContinue = false
      if (this.#parser.buffered === 0) this.socket.write(continueLine, 'latin1')
    }
    this.#deadlines.startBody(this.#host.now())
    this.#pump()
  }

  inputPaused(): void {
    this.socket.pause()
  }

  inputResumed(): void {
    this.#deadlines.restart(this.#host.now())
    this.#pump()
  }

  /** What is on its way is answered: the client of a new connection could not know that it would be in vain. */
  #isAboutToAsk(): boolean {
    const begins = this.#phase === 'head' || (this.#phase === 'idle' && !this.#served)
    return begins && this.#deadlines.waitedMs(this.#host.now()) <= freshMs
  }

  checkDeadlines(nowMs: number): boolean {
    if (this.#closeAfter && (this.#phase === 'idle' || this.#phase === 'head')) this.stop()
    const late = this.#deadlines.check(this.#stage, this.socket, nowMs)
    if (late === 'nothing') return false
    if (late === 'write') abortSocket(this.socket)
    else if (late === 'linger') this.socket.destroy()
    else if (late === 'head') this.#host.malformed(this, requestTimeout)
    else if (late === 'body') this.#breakInput(new PorticoError('E_INPUT_TIMEOUT'))
    else this.#startClosing()
    return true
  }

  get #stage(): Stage {
    if (this.#phase !== 'busy') return this.#phase
    const input = this.#input
    if (input === undefined) return 'busy'
    // Once the answer is out, the rest of the body is only dropped: not worth waiting for.
    if (this.#turn === undefined) return 'rest'
    return input.flowing ? 'body' : 'busy'
  }

  #received(bytes: Buffer, isLent: boolean): void {
    if (this.#phase === 'closing') return
    this.#parser.push(bytes, isLent)
    try {
      this.#pump()
    } finally {
      // Also behind a fault of ours: what is overwritten now is somebody else's.
      if (isLent) this.#parser.keep()
    }
  }

  // Takes events from the parser as long as somebody wants them. Not reentrant: an answer given within request()
  // only changes the state, and the loop goes on from there.
  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      this.#takeEvents()
    } catch (thrown) {
      // A fault of ours; nobody knows what this connection is in the middle of.
      this.socket.destroy()
      throw thrown
    } finally {
      this.#pumping = false
    }
    const input = this.#input
    // A head has a limit of its own, and would never be whole if its rest were not read.
    const awaitsHead = this.#phase === 'head' && this.#wantsEvents()
    if (this.#parser.buffered > pipelineBytes && !awaitsHead) this.socket.pause()
    else if (!this.socket.isPaused()) return
    else if (input === undefined || this.#turn === undefined || input.flowing || !input.wanted)
      this.socket.resume()
  }

  #takeEvents(): void {
    while (this.#phase !== 'closing' && this.#wantsEvents()) {
      const event = this.#parser.next()
      if (event.kind === 'more') {
        this.#waitForMore()
        return
      }
      if (event.kind === 'head') this.#startTurn(event.head)
      else if (event.kind === 'data') this.#deliver(event.bytes)
      else if (event.kind === 'end') this.#finishInput()
      else if (this.#phase === 'busy') this.#breakInput(new PorticoError('E_INPUT_MALFORMED', event.why))
      else this.#host.malformed(this, event)
    }
  }

  #wantsEvents(): boolean {
    // A client that pipelines and does not read gets no further answers into our memory.
    if (this.#phase !== 'busy') return !this.socket.writableNeedDrain
    if (this.#input === undefined) return false
    return this.#turn === undefined || this.#input.flowing
  }

  #waitForMore(): void {
    if (this.#halfClosed) this.#nothingMoreComes()
    else if (this.#phase === 'idle' && !this.#parser.idle) {
      this.#phase = 'head'
      this.#deadlines.restart(this.#host.now())
      this.#host.begins(this)
    }
  }

  #nothingMoreComes(): void {
    if (this.#phase === 'busy') this.#breakInput(new PorticoError('E_INPUT_CUT_SHORT'))
    else if (this.#parser.idle) this.#startClosing()
    else this.#host.malformed(this, cutHead)
  }

  #startTurn(head: RequestHead): void {
    this.#phase = 'busy'
    this.#served = true
    this.#head = head
    let input: Input = noInput
    if (head.framing.kind === 'none') this.#parser.next()
    else {
      const length = head.framing.kind === 'sized' ? head.framing.length : undefined
      this.#deadlines.expectBody()
      this.#awaitsContinue = head.expectsContinue
      input = this.#input = new RequestInput(length, this)
    }
    const turn = this.#host.request(this, head, input)
    this.#turn = turn
    turn.start()
  }

  #deliver(bytes: Buffer): void {
    this.#deadlines.bodyCame(this.#host.now(), bytes.length)
    this.#input?.push(bytes)
  }

  #finishInput(): void {
    const input = this.#input
    this.#input = undefined
    this.#awaitsContinue = false
    if (this.#head === undefined) this.#becomeIdle()
    input?.finish()
  }

  #breakInput(failure: PorticoError): void {
    this.#closeAfter = true
    const input = this.#input
    this.#input = undefined
    this.socket.resume()
    if (this.#head === undefined) this.#startClosing()
    // Also behind the answer: an application may still be reading.
    input?.abort(failure)
  }

  #finishTurn(bodyBytes: number, complete: boolean, close: boolean, failure?: PorticoError): void {
    const turn = this.#turn
    this.#turn = undefined
    this.#head = undefined
    if (close || this.#closeAfter) this.#startClosing()
    else if (this.#input === undefined) this.#becomeIdle()
    // The rest of the body is dropped by the pump before the next head.
    else this.#deadlines.restart(this.#host.now())
    turn?.finished(bodyBytes, complete, failure)
    if (this.#parser.buffered > 0 || this.#input !== undefined) this.#pump()
  }

  #becomeIdle(): void {
    this.#phase = 'idle'
    this.#deadlines.restart(this.#host.now())
    this.#host.rests(this)
    if (this.#halfClosed && this.#parser.buffered === 0) this.#startClosing()
  }

  #startClosing(): void {
    if (this.#phase === 'closing') return
    this.#phase = 'closing'
    this.#deadlines.restart(this.#host.now())
    this.socket.end()
    // What still comes is read and dropped until the client has seen the end, or the linger time is over.
    this.socket.resume()
  }

  // What came before the end is still in the parser, and may be a whole body: the pump finds out.
  #clientEnded(): void {
    this.#halfClosed = true
    if (this.#phase !== 'closing') this.#pump()
  }

  #socketClosed(): void {
    const turn = this.#turn
    const input = this.#input
    const output = this.#output
    this.#turn = undefined
    this.#input = undefined
    this.#output = undefined
    // Whatever the handler answers now must not bring the connection back to life.
    this.#head = undefined
    this.#closeAfter = true
    this.#phase = 'closing'
    input?.abort(new PorticoError('E_INPUT_CUT_SHORT'))
    output?.cancel()
    turn?.gone(new PorticoError('E_CLIENT_GONE', undefined, { bodyBytes: output?.bodyBytes ?? 0 }))
    this.#host.closed(this)
  }
}

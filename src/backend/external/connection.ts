// One connection to an application that somebody else keeps alive: lent for one call at a time, kept between calls where
// its wire allows that.

import { PorticoError } from '../../failure.ts'
import type { Channel, ChannelSink } from '../backend.ts'
import { type Abilities, abilitiesQuestion, abilitiesReader } from './abilities.ts'
import type { Carrier, CarrierSink, OpenCarrier } from './carrier.ts'

export interface ConnectionOwner {
  connected(connection: ExternalConnection): void
  /** The call is over and the connection is in step. */
  released(connection: ExternalConnection): void
  /** It is gone: given up by its call, or closed while it was idle or lent. */
  gone(connection: ExternalConnection): void
  /** What it was asked: whether it takes several requests at once. When it did not answer, it is gone next. */
  answered(connection: ExternalConnection, multiplexes: boolean): void
  /** It could not be made. */
  refused(connection: ExternalConnection, code: string): void
  /** A head has come over it. */
  headCame(): void
  /** Whether it speaks the wire at all, as a question; undefined once a head has come from there. */
  readonly doubt: string | undefined
  now(): number
}

export type ConnectionState = 'connecting' | 'idle' | 'asking' | 'busy' | 'closed'

/**
 * A kept connection that breaks sooner than this behind a call was closed before the call came. A fresh one that is reset so
 * soon stood in the backlog of a program that ended: had all of the call been read, it would have been closed in order.
 */
const staleMs = 1000

export class ExternalConnection implements Channel, CarrierSink {
  readonly worker: string
  readonly #owner: ConnectionOwner
  readonly #carrier: Carrier
  /** It carries calls of others, too. */
  readonly isShared: boolean
  #paused = false
  #received = false
  #wasUsed: boolean
  #isReused = false
  #answered: ((bytes: Buffer) => Abilities) | undefined
  #repeatable = false
  state: ConnectionState = 'connecting'
  sink: ChannelSink | undefined
  awaitsInput = false
  /** Since when the present state lasts, or the call has shown no sign of life; on the monotonic clock. */
  sinceMs: number
  /** When the call was begun. */
  #lentMs = 0
  /** Octets have come since the owner looked last. */
  active = false
  request = ''
  hasHead = false
  /** Calls that it has had. */
  calls = 0
  /** Something has come over it: there is a process behind it, and it does not only stand in a backlog. */
  proven = false

  /**
   * @param label for logs
   * @param shared it is a part of a socket that has carried so many calls; undefined: it has one of its own
   */
  constructor(label: string, open: OpenCarrier, owner: ConnectionOwner, shared?: number) {
    this.worker = label
    this.#owner = owner
    this.sinceMs = owner.now()
    this.isShared = shared !== undefined
    this.#wasUsed = shared !== undefined && shared > 0
    this.#carrier = open(this)
  }

  /** Waiting for its client rather than for the application. */
  get awaitsClient(): boolean {
    return this.#paused || this.awaitsInput || this.#carrier.isPaused
  }

  lend(request: string, repeatable: boolean): void {
    this.state = 'busy'
    this.request = request
    this.#repeatable = repeatable
    this.#isReused = this.#wasUsed
    this.#wasUsed = true
    this.sinceMs = this.#lentMs = this.#owner.now()
    this.hasHead = this.active = this.awaitsInput = this.#received = false
    this.calls++
  }

  write(bytes: Buffer): boolean {
    return this.#carrier.write(bytes)
  }

  pause(): void {
    this.#paused = true
    this.#carrier.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#carrier.resume()
  }

  release(): void {
    this.sink = undefined
    this.resume()
    this.state = 'idle'
    this.#owner.released(this)
  }

  /** It is kept without a call from now on. */
  rest(): void {
    this.sinceMs = this.#owner.now()
  }

  abandon(): void {
    this.sink = undefined
    this.close()
    this.#owner.gone(this)
  }

  answering(): void {
    this.hasHead = true
    this.#owner.headCame()
  }

  /** Closes the connection; the owner hears nothing more. */
  close(): void {
    this.state = 'closed'
    this.#carrier.destroy()
  }

  /** Fails its call, for which the application had `limitMs`. */
  expire(limitMs: number): void {
    const { hasHead, worker } = this
    const doubt = hasHead ? undefined : this.#owner.doubt
    this.fail(
      new PorticoError(hasHead ? 'E_OUTPUT_TIMEOUT' : 'E_REQUEST_TIMEOUT', undefined, {
        worker,
        limitMs,
        doubt,
      }),
    )
  }

  /** Closes it and fails its call. */
  fail(failure: PorticoError): void {
    const sink = this.sink
    this.sink = undefined
    this.close()
    this.#owner.gone(this)
    sink?.closed(failure, false)
  }

  /** Asks what it can, over the wire; it takes no call until it has answered. */
  ask(): void {
    this.state = 'asking'
    this.sinceMs = this.#owner.now()
    this.#answered = abilitiesReader()
    this.#carrier.write(abilitiesQuestion)
  }

  connected(): void {
    if (this.state !== 'connecting') return
    this.state = 'idle'
    this.sinceMs = this.#owner.now()
    this.#owner.connected(this)
  }

  data(bytes: Buffer): void {
    this.proven = true
    if (this.state === 'busy') {
      this.active = this.#received = true
      this.sink?.data(bytes)
    } else if (this.state === 'asking') this.#takeAnswer(bytes)
    else if (this.state === 'idle') {
      // It belongs to no call: out of step, so the connection cannot be used again.
      this.close()
      this.#owner.gone(this)
    }
  }

  drained(): void {
    this.sink?.drained()
  }

  closed(code: string): void {
    const { state } = this
    if (state === 'closed') return
    this.state = 'closed'
    if (state === 'connecting') {
      this.#owner.refused(this, code)
      return
    }
    const sink = this.sink
    this.sink = undefined
    if (state === 'asking') this.#owner.answered(this, false)
    this.#owner.gone(this)
    if (sink === undefined) return
    const failure = this.#lost(code)
    const isStale =
      this.#repeatable &&
      !this.#received &&
      (this.#isReused || code !== '') &&
      this.#owner.now() - this.#lentMs < staleMs
    if (isStale || code !== '') sink.closed(failure, isStale)
    else sink.ended(failure)
  }

  #takeAnswer(bytes: Buffer): void {
    const answer = this.#answered?.(bytes)
    if (answer === undefined) return
    this.#answered = undefined
    this.state = 'idle'
    if (answer === 'malformed') this.close()
    this.#owner.answered(this, answer === true)
    if (answer === 'malformed') this.#owner.gone(this)
  }

  #lost(code: string): PorticoError {
    const how = code === '' ? 'closed' : `broke (${code})`
    const when = this.#received ? 'in the middle of its answer' : 'before it had answered'
    return new PorticoError('E_CONNECTION_LOST', `The application ${how} its connection ${when}`, {
      worker: this.worker,
      doubt: this.#received ? undefined : this.#owner.doubt,
    })
  }
}

// One connection to an application that somebody else keeps alive: lent for one call at a time, kept between calls where
// its wire allows that.

import { connect, type OnReadOpts, type Socket } from 'node:net'
import { PorticoError } from '../../failure.ts'
import type { Channel, ChannelSink } from '../backend.ts'
import { addressText, type ExternalAddress } from './address.ts'

export interface ConnectionOwner {
  connected(connection: ExternalConnection): void
  /** The call is over and the connection is in step. */
  released(connection: ExternalConnection): void
  /** It is gone: given up by its call, or closed while it was idle or lent. */
  gone(connection: ExternalConnection): void
  /** It could not be made. */
  refused(connection: ExternalConnection, code: string): void
  now(): number
}

export type ConnectionState = 'connecting' | 'idle' | 'busy' | 'closed'

/**
 * A kept connection that breaks sooner than this behind a call was closed before the call came. A fresh one that is reset so
 * soon stood in the backlog of a program that ended: had all of the call been read, it would have been closed in order.
 */
const staleMs = 1000

// Every read of every connection goes through this buffer: what it holds is used up before the callback returns.
const readBuffer = Buffer.allocUnsafe(64 * 1024)

export class ExternalConnection implements Channel {
  readonly worker: string
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  #paused = false
  #received = false
  #repeatable = false
  #errorCode = ''
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

  /** @param name of the application, for its label */
  constructor(name: string, address: ExternalAddress, owner: ConnectionOwner) {
    this.worker = `${name}@${addressText(address)}`
    this.#owner = owner
    this.sinceMs = owner.now()
    const onread: OnReadOpts = {
      buffer: readBuffer,
      callback: (count) => {
        this.#take(readBuffer.subarray(0, count))
        return !this.#paused
      },
    }
    const { kind, ...where } = address
    const socket = connect({ ...where, onread })
    // Small records must not wait for the acknowledgement of those before.
    if (kind === 'tcp') socket.setNoDelay(true)
    this.#socket = socket
    socket.on('connect', () => this.#connected())
    socket.on('drain', () => this.sink?.drained())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#errorCode = error.code ?? 'unknown'
    })
    socket.on('close', () => this.#closed())
  }

  /** Waiting for its client rather than for the application. */
  get awaitsClient(): boolean {
    return this.#paused || this.awaitsInput
  }

  lend(request: string, repeatable: boolean): void {
    this.state = 'busy'
    this.request = request
    this.#repeatable = repeatable
    this.sinceMs = this.#lentMs = this.#owner.now()
    this.hasHead = this.active = this.awaitsInput = this.#received = false
    this.calls++
  }

  write(bytes: Buffer): boolean {
    return this.#socket.write(bytes)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume()
  }

  release(): void {
    this.sink = undefined
    this.resume()
    this.state = 'idle'
    this.sinceMs = this.#owner.now()
    this.#owner.released(this)
  }

  abandon(): void {
    this.sink = undefined
    this.close()
    this.#owner.gone(this)
  }

  answering(): void {
    this.hasHead = true
  }

  /** Closes the connection; the owner hears nothing more. */
  close(): void {
    this.state = 'closed'
    this.#socket.destroy()
  }

  /** Closes it and fails its call. */
  fail(failure: PorticoError): void {
    const sink = this.sink
    this.sink = undefined
    this.close()
    this.#owner.gone(this)
    sink?.closed(failure, false)
  }

  #connected(): void {
    if (this.state !== 'connecting') return
    this.state = 'idle'
    this.sinceMs = this.#owner.now()
    this.#owner.connected(this)
  }

  #take(bytes: Buffer): void {
    this.proven = true
    if (this.state === 'busy') {
      this.active = this.#received = true
      this.sink?.data(bytes)
    } else if (this.state === 'idle') {
      // It belongs to no call: out of step, so the connection cannot be used again.
      this.close()
      this.#owner.gone(this)
    }
  }

  #closed(): void {
    const { state } = this
    if (state === 'closed') return
    this.state = 'closed'
    if (state === 'connecting') {
      this.#owner.refused(this, this.#errorCode)
      return
    }
    const sink = this.sink
    this.sink = undefined
    this.#owner.gone(this)
    if (sink === undefined) return
    const failure = this.#lost()
    const isStale =
      this.#repeatable &&
      !this.#received &&
      (this.calls > 1 || this.#errorCode !== '') &&
      this.#owner.now() - this.#lentMs < staleMs
    if (isStale || this.#errorCode !== '') sink.closed(failure, isStale)
    else sink.ended(failure)
  }

  #lost(): PorticoError {
    const how = this.#errorCode === '' ? 'closed' : `broke (${this.#errorCode})`
    const when = this.#received ? 'in the middle of its answer' : 'before it had answered'
    return new PorticoError('E_CONNECTION_LOST', `The application ${how} its connection ${when}`, {
      worker: this.worker,
    })
  }
}

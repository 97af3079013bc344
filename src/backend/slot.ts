// One slot of a worker: one thread of ours, reached by one connection, or a place in a program of somebody else, which may
// have another connection for every call. One request at a time (DESIGN section 2). A slot is usable only after somebody
// has answered a greeting; how that looks is given from outside.

import type { OnReadOpts, Socket } from 'node:net'
import { writeTo } from '../direct-write.ts'
import type { PorticoError } from '../failure.ts'
import { readBuffer, readBytes } from '../read-buffer.ts'
import { isProbe } from '../wire/fastcgi.ts'
import type { Channel, ChannelSink } from './backend.ts'

/** What a slot sends to learn whether a thread is behind the connection, and how it knows the answer. */
export interface Greeting {
  readonly hello: Buffer
  /** A fresh reader of the answer: true once it is complete; it may throw when it is none. */
  reader(): (bytes: Buffer) => boolean
}

/**
 * The manners of programs of somebody else: they are asked nothing. Whoever is behind the connection closes an empty one that has
 * ended, and then is ready for a call. Each call has a connection of its own: libfcgi closes one on which nothing comes for two
 * seconds, and a program that closes one after an answer, or after so many, reads and drops what comes on it meanwhile.
 */
export interface ProgramManners {
  /** Answers end with their connection (SCGI); else a call says where it ends. */
  readonly answersEndByClosing: boolean
}

export type Manners = Greeting | ProgramManners

export function isProgram(manners: Manners): manners is ProgramManners {
  return 'answersEndByClosing' in manners
}

/** A shorter way for whole calls, beside a connection. */
export interface Shortcut {
  /** Takes a whole call and keeps no reference to it; false: send it over the connection. */
  post(call: Buffer): boolean
  /** The connection is gone: nothing more is wanted. */
  leave(): void
}

/** What a shortcut tells; the bytes are valid only until the call returns. */
export interface ShortcutSink {
  /** A whole answer. */
  answered(bytes: Buffer): void
  /** The call was certainly not begun and is to go over the connection. */
  returned(call: Buffer): void
}

export interface Line {
  readonly socket: Socket
  readonly shortcut?: (sink: ShortcutSink) => Shortcut
}

/** Opens a connection to one thread of a worker. */
export type OpenConnection = (onread: OnReadOpts) => Line

export interface SlotOwner {
  /** The greeting was answered: the slot is idle. */
  slotReady(slot: Slot): void
  /** The call is over. `kept`: the connection stays and is idle. */
  slotFreed(slot: Slot, kept: boolean): void
  /** The call has ended with its connection. The slot is idle; the call is still to be told by the owner. */
  slotEnded(slot: Slot): void
  /** The connection is gone. A call that was on it is still to be failed by the owner. */
  slotLost(slot: Slot, unread: boolean): void
}

export type SlotState = 'connecting' | 'greeting' | 'idle' | 'busy' | 'closed'

/** A call up to this size is one piece in the kernel: it was read as a whole or not at all. */
const atomicBytes = 16 * 1024

export class Slot implements Channel {
  readonly worker: string
  readonly #owner: SlotOwner
  readonly #manners: Manners
  readonly #open: OpenConnection
  /** Undefined between the calls of a program. */
  #socket: Socket | undefined
  #shortcut: Shortcut | undefined
  #isConnected = false
  #greeted: ((bytes: Buffer) => boolean) | undefined
  #paused = false
  #sentBytes = 0
  #writes = 0
  #receivedBytes = 0
  #errorCode = ''
  state: SlotState = 'connecting'
  sink: ChannelSink | undefined
  awaitsInput = false
  /** Since when the present state lasts, or the call has shown no sign of life; on the monotonic clock. */
  sinceMs: number
  /** Octets have come since the owner looked last: cheaper than reading the clock for each of them. */
  active = false
  /** Id of the request that has the slot. */
  request = ''
  /** The head of the answer has come. */
  hasHead = false

  constructor(open: OpenConnection, worker: string, manners: Manners, nowMs: number, owner: SlotOwner) {
    this.worker = worker
    this.sinceMs = nowMs
    this.#owner = owner
    this.#manners = manners
    this.#open = open
    this.#connect()
  }

  #connect(): void {
    this.#isConnected = false
    this.#errorCode = ''
    this.#paused = false
    const onread: OnReadOpts = {
      buffer: readBuffer,
      callback: (count) => {
        this.#received(readBytes(count))
        return !this.#paused
      },
    }
    const { socket, shortcut } = this.#open(onread)
    const isCurrent = (): boolean => this.#socket === socket
    this.#socket = socket
    this.#shortcut = shortcut?.({
      answered: (bytes) => this.#received(bytes),
      returned: (call) => this.write(Buffer.from(call), false),
    })
    if (socket.connecting) socket.on('connect', () => this.#connected())
    // A descriptor is connected from the start; whoever owns the slot must know of it first.
    else process.nextTick(() => this.#connected())
    socket.on('drain', () => isCurrent() && this.sink?.drained())
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (isCurrent()) this.#errorCode = error.code ?? ''
    })
    socket.on('close', () => isCurrent() && this.#closed())
  }

  /** Octets of an answer have come. */
  get hasAnswer(): boolean {
    return this.#receivedBytes > 0
  }

  /** Waiting for its client rather than for its worker. */
  get awaitsClient(): boolean {
    return this.#paused || this.awaitsInput
  }

  /** The owner lends the slot for a call. */
  lend(request: string, nowMs: number): void {
    this.state = 'busy'
    this.request = request
    this.sinceMs = nowMs
    this.hasHead = false
    this.active = false
    this.awaitsInput = false
    this.#sentBytes = 0
    this.#writes = 0
    this.#receivedBytes = 0
    if (this.#socket === undefined) this.#connect()
  }

  write(bytes: Buffer, whole = false): boolean {
    if (whole && this.#shortcut?.post(bytes) === true) return true
    this.#sentBytes += bytes.length
    this.#writes++
    // Before it is connected the bytes wait here, whatever is returned.
    const socket = this.#socket
    if (socket === undefined) return false
    return this.#isConnected ? writeTo(socket, bytes) : socket.write(Buffer.from(bytes))
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket?.resume()
  }

  release(): void {
    if (this.state !== 'busy') return
    this.sink = undefined
    this.resume()
    this.state = 'idle'
    if (isProgram(this.#manners)) this.#disconnect()
    this.#owner.slotFreed(this, true)
  }

  abandon(): void {
    if (this.state === 'idle') return
    this.sink = undefined
    this.close()
    this.#owner.slotFreed(this, false)
  }

  answering(): void {
    this.hasHead = true
  }

  /** Closes the connection; the owner hears nothing more. */
  close(): void {
    this.state = 'closed'
    this.#shortcut?.leave()
    this.#socket?.destroy()
  }

  #disconnect(): void {
    const socket = this.#socket
    this.#socket = undefined
    socket?.destroy()
  }

  #connected(): void {
    this.#isConnected = true
    if (this.state !== 'connecting') return
    this.state = 'greeting'
    if (isProgram(this.#manners)) {
      this.#socket?.end()
      return
    }
    this.#greeted = this.#manners.reader()
    this.#socket?.write(this.#manners.hello)
  }

  #received(bytes: Buffer): void {
    this.#receivedBytes += bytes.length
    if (this.state === 'busy') {
      if (!isProbe(bytes)) this.active = true
      this.sink?.data(bytes)
    } else if (this.state === 'greeting') this.#readGreeting(bytes)
    // Bytes on an idle connection belong to no call: out of step, so it cannot be used again.
    else if (this.state === 'idle') this.#lose(false)
  }

  #readGreeting(bytes: Buffer): void {
    if (this.#greeted?.(bytes) !== true) return
    this.#greeted = undefined
    this.state = 'idle'
    this.#owner.slotReady(this)
  }

  #closed(): void {
    if (this.state === 'closed') return
    if (isProgram(this.#manners) && this.#closedByProgram(this.#manners)) return
    // The kernel answers ECONNRESET when the peer died with unread octets in its queue, and EPIPE when it was dead
    // before they came: a call that went out in one small piece was then certainly never begun.
    const reset = this.#errorCode === 'ECONNRESET' || this.#errorCode === 'EPIPE'
    const atomic = this.#writes === 1 && this.#sentBytes <= atomicBytes && this.#receivedBytes === 0
    // A program reads record by record, so that a reset does not show that it has not begun.
    const isUnread = reset && atomic && !isProgram(this.#manners)
    this.#lose(this.state === 'busy' && (isUnread || !this.#isConnected))
  }

  /** True when there is nothing wrong with that. */
  #closedByProgram({ answersEndByClosing }: ProgramManners): boolean {
    if (this.#errorCode !== '' || !this.#isConnected) return false
    const isGreeted = this.state === 'greeting'
    if (!isGreeted && !(this.state === 'busy' && answersEndByClosing && this.hasAnswer)) return false
    this.#socket = undefined
    this.state = 'idle'
    if (isGreeted) this.#owner.slotReady(this)
    else this.#owner.slotEnded(this)
    return true
  }

  #lose(unread: boolean): void {
    const wasBusy = this.state === 'busy'
    this.close()
    this.#owner.slotLost(this, wasBusy && unread)
  }

  /** Its call has ended with its connection, which may be all that it needs. */
  endCall(failure: PorticoError): void {
    const sink = this.sink
    this.sink = undefined
    sink?.ended(failure)
  }

  /** Fails the call that was on the slot. */
  failCall(failure: PorticoError, unread: boolean): void {
    const sink = this.sink
    this.sink = undefined
    sink?.closed(failure, unread)
  }
}

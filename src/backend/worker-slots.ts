// The slots of one worker as an HTTP process sees them: connecting, idle, lent, lost, stuck.
// Reconnects by itself; whether a connection counts is decided by the worker's thread that answers the greeting.

import { PorticoError } from '../failure.ts'
import { describeExit, type Endpoint, type Exit, type Held } from '../process/messages.ts'
import { limitOf } from '../process/wear.ts'
import type { SupervisedLimits } from './limits.ts'
import { isProgram, type Manners, type OpenConnection, Slot, type SlotOwner } from './slot.ts'

export interface WorkerSlotsOwner {
  slotIdle(worker: WorkerSlots, slot: Slot): void
  slotStuck(worker: WorkerSlots, request: string): void
  /** It has had as many calls as it gets. */
  workerWorn(worker: WorkerSlots): void
  /** Nobody waits for this call any more, but a thread may still be at it. */
  slotAbandoned(request: string, limitMs: number): void
  /** How long the thread of a slot may be at the call that it has now; milliseconds, 0: no end. */
  limitOf(slot: Slot): number
  /** A slot of a withdrawn worker has ended. */
  workerQuiet(worker: WorkerSlots): void
  /** A program has answered a call. */
  answered(): void
  /** Whether it speaks the wire, as a question; undefined once it has answered, and for workers of ours. */
  readonly doubt: string | undefined
  /** Calls wait for a slot. */
  readonly hasWaiting: boolean
  now(): number
}

/** A call that was given up while a thread was at it; of which thread is not known. */
interface Abandoned {
  readonly request: string
  /** When its client went away, or its time was over. */
  readonly sinceMs: number
  /** What it would have had; 0: no end. */
  readonly limitMs: number
  /** It has used up its time, and that was reported. */
  readonly over: boolean
}

/** How long a lost connection waits for the supervisor to say why, before its request is failed without a reason. */
const exitNewsMs = 250
/** Pause before a connection that failed is tried again. */
const reconnectMs = 100

export class WorkerSlots implements SlotOwner {
  readonly endpoint: Endpoint
  readonly label: string
  readonly idle: Slot[] = []
  readonly #owner: WorkerSlotsOwner
  readonly #manners: Manners
  /** Its slots have a connection while they have a call; else one of ours, where a connection is a thread. */
  readonly #isProgram: boolean
  readonly #open: OpenConnection
  readonly #slots = new Set<Slot>()
  /** Slots whose call was cut off; failed as soon as the reason is known. */
  readonly #lost = new Map<Slot, number>()
  readonly #abandoned: Abandoned[] = []
  #retryAtMs = 0
  /** Connections that it holds without calls for them. */
  #kept: number
  /** Calls that it gets; 0: as many as come. */
  readonly #mostCalls: number
  /** Calls that it has got from this HTTP process. */
  calls = 0
  busy = 0
  accepting = true
  #reported = false
  #exit: Exit | undefined
  #goneMs = 0

  constructor(
    application: string,
    endpoint: Endpoint,
    manners: Manners,
    open: OpenConnection,
    calls: number,
    owner: WorkerSlotsOwner,
  ) {
    this.endpoint = endpoint
    this.#kept = endpoint.slots
    this.#mostCalls = calls > 0 ? limitOf(calls, endpoint.worker) : 0
    this.label = `${application}/${endpoint.pid}`
    this.#manners = manners
    this.#isProgram = isProgram(manners)
    this.#open = open
    this.#owner = owner
  }

  /** Opens as many connections as are to be held. */
  connect(nowMs: number): void {
    this.#retryAtMs = 0
    const wanted = this.#isProgram ? this.endpoint.slots : this.#kept
    while (this.#slots.size < wanted && this.connectOne(nowMs)) {}
  }

  /** Opens one more connection; false when there is one for every thread. */
  connectOne(nowMs: number): boolean {
    if ((!this.accepting && !this.#isAtWork) || this.#slots.size >= this.endpoint.slots) return false
    this.#slots.add(new Slot(this.#open, this.label, this.#manners, nowMs, this))
    return true
  }

  /** A thread serves a connection until that closes: those that are held are missing to others. */
  hold(kept: number, nowMs: number): void {
    this.#kept = kept
    for (const slot of this.#slots) if (slot.state !== 'busy' && this.hasMore) this.drop(slot)
    this.connect(nowMs)
  }

  /** It holds more connections than it keeps. */
  get hasMore(): boolean {
    return !this.#isProgram && this.#slots.size > this.#kept
  }

  /** Lets go of a slot that has no call. */
  drop(slot: Slot): void {
    this.#forget(slot)
    slot.close()
  }

  /** Lends the idle slot that was used last. */
  take(request: string, nowMs: number): Slot | undefined {
    const slot = this.idle.pop()
    if (slot !== undefined) this.lend(slot, request, nowMs)
    return slot
  }

  lend(slot: Slot, request: string, nowMs: number): void {
    this.busy++
    slot.lend(request, nowMs)
    if (++this.calls === this.#mostCalls) this.#owner.workerWorn(this)
  }

  keep(slot: Slot): void {
    this.idle.push(slot)
  }

  /** Threads that are at work, for somebody or for nobody any more. */
  get taken(): number {
    return this.busy + this.#abandoned.length
  }

  /** Threads whose connections are being made: each will take a call that waits. */
  get connecting(): number {
    if (!this.accepting) return 0
    let count = 0
    for (const { state } of this.#slots) if (state === 'connecting' || state === 'greeting') count++
    // A thread at a call that was given up greets when it is done with that.
    return Math.max(0, count - this.#abandoned.length)
  }

  /** No further request; those in progress go on. */
  withdraw(): void {
    this.accepting = false
    for (const slot of this.#slots) {
      if (slot.state === 'idle' || (slot.state !== 'busy' && !this.#isAtWork)) this.drop(slot)
    }
  }

  /** Nobody waits for it any more, and it has had the time to finish what it has begun. */
  get isQuiet(): boolean {
    return this.busy === 0 && !this.#isAtWork
  }

  /**
   * A program may still be at a call whose client has gone, and is not to be ended in the middle of it; it shows by itself when
   * it is done. One of our workers knows what it has and finishes that when it is asked to end.
   */
  get #isAtWork(): boolean {
    if (!this.#isProgram || this.#exit !== undefined || this.#reported) return false
    return this.#abandoned.some(({ over }) => !over)
  }

  /**
   * The process is gone. Its connections end by themselves, and how they end says whether a call was read at all;
   * what something it forked still holds open is closed by the sweep. Returns what it had.
   */
  gone(exit: Exit): Held {
    const atWork = [...this.#slots].filter(({ state, sink }) => state === 'busy' && sink !== undefined)
    const held = atWork.concat([...this.#lost.keys()])
    this.#exit = exit
    this.#goneMs = this.#owner.now()
    this.withdraw()
    for (const slot of this.#lost.keys()) this.#failCall(slot, false)
    this.#lost.clear()
    const requests = held.map(({ request }) => request)
    return { requests, done: this.calls - requests.length }
  }

  /** The process is gone and no request is left of it. */
  get finished(): boolean {
    return this.#exit !== undefined && this.busy === 0
  }

  sweep(nowMs: number, limits: SupervisedLimits): void {
    for (const [slot, sinceMs] of this.#lost) {
      if (nowMs - sinceMs < exitNewsMs) continue
      this.#lost.delete(slot)
      this.#failCall(slot, false)
      this.#owner.workerQuiet(this)
    }
    for (const slot of this.#slots) if (slot.state === 'busy') this.#checkBusy(slot, nowMs, limits)
    this.#checkAbandoned(nowMs)
    if (this.#retryAtMs > 0 && nowMs >= this.#retryAtMs) this.connect(nowMs)
    if (this.#owner.hasWaiting && this.idle.length === 0 && this.#slots.size >= this.#kept)
      this.connectOne(nowMs)
  }

  slotReady(slot: Slot): void {
    this.#abandoned.shift()
    this.#owner.slotIdle(this, slot)
  }

  slotFreed(slot: Slot, kept: boolean): void {
    this.busy--
    if (this.#isProgram && slot.hasHead) this.#owner.answered()
    // Its connection had broken already, and the client left before it was known why.
    if (this.#lost.delete(slot)) {
      this.#owner.workerQuiet(this)
      return
    }
    if (kept) {
      this.#owner.slotIdle(this, slot)
      return
    }
    this.#slots.delete(slot)
    const { request } = slot
    const limitMs = this.#owner.limitOf(slot)
    this.#abandoned.push({ request, sinceMs: this.#owner.now(), limitMs, over: false })
    this.#owner.slotAbandoned(request, limitMs)
    this.#replace()
  }

  slotEnded(slot: Slot): void {
    const facts = { worker: this.label, doubt: this.#doubtOf(slot) }
    slot.endCall(new PorticoError('E_APPLICATION_EXITED', reason(this.#exit, slot), facts))
    this.slotFreed(slot, true)
  }

  slotLost(slot: Slot, unread: boolean): void {
    this.#forget(slot)
    if (slot.sink !== undefined) {
      if (unread || this.#exit !== undefined) this.#failCall(slot, unread)
      else this.#lost.set(slot, this.#owner.now())
    }
    // Whoever closed it, the worker ends or its thread gave up: no hurry to connect again.
    this.#retryAtMs = this.#owner.now() + reconnectMs
  }

  #forget(slot: Slot): void {
    this.#slots.delete(slot)
    const at = this.idle.indexOf(slot)
    if (at >= 0) this.idle.splice(at, 1)
  }

  #replace(): void {
    if (this.accepting || this.#isAtWork) this.connect(this.#owner.now())
    else this.#owner.workerQuiet(this)
  }

  // Its client has gone, but the thread is still at it: it gets the time that it would have had.
  #checkAbandoned(nowMs: number): void {
    const oldest = this.#abandoned[0]
    if (oldest === undefined || oldest.over || this.#reported || oldest.limitMs <= 0) return
    if (nowMs - oldest.sinceMs <= oldest.limitMs) return
    this.#reported = true
    this.#owner.slotStuck(this, oldest.request)
    this.#owner.workerQuiet(this)
  }

  /** Every thread is at work on a call that was given up, and has not come back `ms` after the time of that was over. */
  exhausted(nowMs: number, ms: number, limits: SupervisedLimits): boolean {
    if (limits.requestTimeMs <= 0 || this.#abandoned.length < this.endpoint.slots) return false
    return this.#abandoned.every(
      ({ sinceMs, limitMs, over }) => (over || limitMs > 0) && nowMs - sinceMs > ms + (over ? 0 : limitMs),
    )
  }

  #checkBusy(slot: Slot, nowMs: number, limits: SupervisedLimits): void {
    if (this.#exit !== undefined) {
      // What the worker had written is still in the kernel; whatever it forked may hold the connection open for ever.
      if (slot.active || slot.awaitsClient) slot.sinceMs = nowMs
      slot.active = false
      if (nowMs - Math.max(this.#goneMs, slot.sinceMs) < exitNewsMs) return
      this.#slots.delete(slot)
      slot.close()
      this.#failCall(slot, false)
      return
    }
    // Waiting for the client, or something came: no time has been lost by the application. Before the head nothing
    // but errors can come, and those do not stop the clock of request_time.
    if (slot.awaitsClient || (slot.active && slot.hasHead)) {
      slot.active = false
      slot.sinceMs = nowMs
      return
    }
    const limitMs = slot.hasHead ? limits.outputIdleMs : limits.requestTimeMs
    if (limitMs <= 0 || nowMs - slot.sinceMs <= limitMs) return
    const code = slot.hasHead ? 'E_OUTPUT_TIMEOUT' : 'E_REQUEST_TIMEOUT'
    this.#slots.delete(slot)
    slot.close()
    this.busy--
    this.#abandoned.push({ request: slot.request, sinceMs: nowMs, limitMs, over: true })
    const text = slot.hasHead ? undefined : limits.requestTimeText
    slot.failCall(
      new PorticoError(code, text, { worker: this.label, limitMs, doubt: this.#doubtOf(slot) }),
      false,
    )
    this.#owner.slotStuck(this, slot.request)
    this.#replace()
  }

  #doubtOf({ hasHead }: Slot): string | undefined {
    return hasHead ? undefined : this.#owner.doubt
  }

  #failCall(slot: Slot, unread: boolean): void {
    this.busy--
    const exit = this.#exit
    const { signal, code } = exit ?? {}
    const facts = {
      worker: this.label,
      signal: signal ?? undefined,
      code: code ?? undefined,
      doubt: this.#doubtOf(slot),
    }
    slot.failCall(new PorticoError('E_APPLICATION_EXITED', reason(exit, slot), facts), unread)
  }
}

function reason(exit: Exit | undefined, { hasAnswer }: Slot): string {
  if (exit === undefined) {
    const when = hasAnswer ? 'in the middle of its answer' : 'before it answered'
    return `The worker closed its connection ${when}, and goes on`
  }
  return `The worker ${describeExit(exit)} while it held the request`
}

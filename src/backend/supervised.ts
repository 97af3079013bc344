// The supervised backend: an application whose workers the supervisor keeps alive (DESIGN section 2, processes).
// Follows the published endpoints, keeps one connection a slot, queues what finds no slot, enforces request_time.

import { PorticoError } from '../failure.ts'
import type {
  Endpoint,
  Held,
  Load,
  Publication,
  WorkerGone,
  WorkerStuck,
  WorkerWorn,
} from '../process/messages.ts'
import type { Backend, Opener, Ticket } from './backend.ts'
import { leastBusy } from './balance.ts'
import type { SupervisedLimits } from './limits.ts'
import { LoadReport } from './load-report.ts'
import { WaitingQueue } from './queue.ts'
import type { Manners, OpenConnection, Slot } from './slot.ts'
import { WorkerSlots, type WorkerSlotsOwner } from './worker-slots.ts'

export interface SupervisedOptions {
  readonly application: string
  readonly limits: SupervisedLimits
  /** How it is known whether somebody is behind a connection, and what becomes of it after a call. */
  readonly manners: Manners
  /** What is asked of a program that has never answered; undefined for workers of ours. */
  readonly doubt?: string | undefined
  /** How a worker is reached. */
  readonly connect: (endpoint: Endpoint) => OpenConnection
  /** An application that cannot be started is started again by and by. */
  readonly triesAgain: boolean
  /** Monotonic ms. */
  readonly now: () => number
  /** A slot passed request_time: its worker must be replaced. */
  readonly stuck: (stuck: WorkerStuck) => void
  /** A worker has had as many calls as it gets. */
  readonly worn: (worn: WorkerWorn) => void
  /** Nobody waits for this request any more, but a thread may be at it, and be so until `dueMs`. */
  readonly abandoned?: (request: string, dueMs: number) => void
  /** Where the number of workers follows what there is to do: how much that was in the last second. */
  readonly load?: (load: Load) => void
  /** A withdrawn worker has finished its last request. */
  readonly idle: (worker: number) => void
}

/**
 * A thread of a worker serves one connection until that closes, so a connection that is held idle is a thread that no other
 * HTTP process has. `all`: one for every thread. `shared`: another process finishes what it has, and one thread of each
 * worker is left to it. `none`: this process goes away.
 */
export type Holding = 'all' | 'shared' | 'none'

type Failed = Extract<Publication['state'], { readonly kind: 'failed' }>

/** What an HTTP process knows of one worker. */
export interface WorkerFigures {
  readonly worker: number
  readonly pid: number
  readonly slots: number
  readonly busy: number
  /** Requests that it has got from this HTTP process. */
  readonly requests: number
}

export interface BackendFigures {
  readonly application: string
  readonly state: Publication['state']
  readonly queued: number
  readonly workers: readonly WorkerFigures[]
}

export class SupervisedBackend implements Backend, WorkerSlotsOwner {
  readonly name: string
  readonly #options: SupervisedOptions
  readonly #workers = new Map<number, WorkerSlots>()
  readonly #queue = new WaitingQueue()
  #state: Publication['state'] = { kind: 'starting' }
  /** Since when `#state` is known. */
  #stateMs = 0
  readonly #loads: LoadReport | undefined
  #closed = false
  #holding: Holding = 'all'
  #givenUp: PorticoError | undefined
  #hasAnswered = false

  constructor(options: SupervisedOptions) {
    this.#options = options
    this.name = options.application
    if (options.load !== undefined) this.#loads = new LoadReport(options.load)
  }

  /** A program has answered. */
  answered(): void {
    this.#hasAnswered = true
  }

  get doubt(): string | undefined {
    return this.#hasAnswered ? undefined : this.#options.doubt
  }

  /** Requests that wait for a slot. */
  get queued(): number {
    return this.#queue.length
  }

  /** Slots at work. */
  get busy(): number {
    let busy = 0
    for (const worker of this.#workers.values()) busy += worker.busy
    return busy
  }

  get state(): Publication['state'] {
    return this.#state
  }

  /** What there is to say of it at this moment. */
  get figures(): BackendFigures {
    const workers = [...this.#workers.values()].map(({ endpoint, taken, calls }) => ({
      worker: endpoint.worker,
      pid: endpoint.pid,
      slots: endpoint.slots,
      busy: Math.min(taken, endpoint.slots),
      requests: calls,
    }))
    return { application: this.name, state: this.#state, queued: this.queued, workers }
  }

  open(opener: Opener): Ticket | undefined {
    const worker = leastBusy(this.#workers.values())
    const slot = worker?.take(opener.request, this.#options.now())
    if (slot !== undefined) {
      opener.granted(slot)
      return undefined
    }
    const refusal = this.#refusal()
    if (refusal !== undefined) {
      // None may be wanted while nobody asks, also of an application that could not be started.
      if (this.#state.kind === 'failed') this.#loads?.wake(this.#options.now())
      opener.refused(refusal)
      return undefined
    }
    const ticket = this.#queue.add(opener, this.#options.now())
    if (this.#holding !== 'all') this.#connectOne()
    if (this.#loads !== undefined && this.#queue.length === 1 && !this.#accepts())
      this.#loads.wake(this.#options.now())
    return ticket
  }

  /** The supervisor published the endpoints anew. */
  update(publication: Publication): void {
    if (this.#closed) return
    this.#state = publication.state
    this.#stateMs = this.#options.now()
    const listed = new Set<number>()
    for (const endpoint of publication.endpoints) {
      listed.add(endpoint.worker)
      if (!this.#workers.has(endpoint.worker)) {
        const worker = new WorkerSlots(
          this.name,
          endpoint,
          this.#options.manners,
          this.#options.connect(endpoint),
          this.#options.limits.requests,
          this,
        )
        this.#workers.set(endpoint.worker, worker)
        worker.hold(this.#kept(worker), this.#options.now())
      }
    }
    for (const worker of this.#workers.values()) {
      if (!listed.has(worker.endpoint.worker)) this.#withdraw(worker)
    }
    const { state } = publication
    if (state.kind === 'failed' && publication.endpoints.length === 0) this.#refuseAll(state)
  }

  /** How many connections to workers are held without calls for them. */
  hold(holding: Holding): void {
    if (holding === this.#holding) return
    this.#holding = holding
    for (const worker of this.#workers.values()) worker.hold(this.#kept(worker), this.#options.now())
  }

  #kept({ endpoint }: WorkerSlots): number {
    return this.#holding === 'none' ? 0 : endpoint.slots - (this.#holding === 'all' ? 0 : 1)
  }

  get hasWaiting(): boolean {
    return this.#queue.length > 0
  }

  /** A worker ended: its requests are lost, and now it is known why. */
  workerGone(gone: WorkerGone): Held {
    return this.#workers.get(gone.worker)?.gone(gone.exit) ?? { requests: [], done: 0 }
  }

  /** Looks at deadlines; called a few times a second. */
  sweep(nowMs: number): void {
    if (this.#loads !== undefined) {
      let taken = 0
      for (const worker of this.#workers.values()) if (worker.accepting) taken += worker.taken
      this.#loads.sample(taken, this.#queue.length, nowMs)
    }
    const { queueTimeMs } = this.#options.limits
    if (queueTimeMs > 0) {
      for (;;) {
        const opener = this.#queue.shiftOlderThan(nowMs - queueTimeMs)
        if (opener === undefined) break
        opener.refused(new PorticoError('E_BACKEND_QUEUE_TIMEOUT', undefined, { application: this.name }))
      }
    }
    for (const [number, worker] of this.#workers) {
      worker.sweep(nowMs, this.#options.limits)
      if (worker.finished) this.#workers.delete(number)
    }
  }

  /** Of no worker a thread has come back `ms` after the time of its call was over: none will. */
  exhausted(nowMs: number, ms: number): boolean {
    const workers = [...this.#workers.values()].filter((worker) => worker.accepting)
    return workers.length > 0 && workers.every((worker) => worker.exhausted(nowMs, ms, this.#options.limits))
  }

  /** Nobody will come for what waits: refused now, and so is what comes later. */
  giveUp(failure: PorticoError): void {
    this.#givenUp = failure
    for (let opener = this.#queue.shift(); opener !== undefined; opener = this.#queue.shift()) {
      opener.refused(failure)
    }
  }

  close(): void {
    this.#closed = true
    for (const worker of this.#workers.values()) this.#withdraw(worker)
  }

  slotIdle(worker: WorkerSlots, slot: Slot): void {
    if (!worker.accepting) {
      slot.close()
      this.workerQuiet(worker)
      return
    }
    const opener = this.#queue.length > 0 ? this.#queue.shift() : undefined
    if (opener === undefined) {
      if (worker.hasMore) worker.drop(slot)
      else worker.keep(slot)
      return
    }
    worker.lend(slot, opener.request, this.#options.now())
    opener.granted(slot)
  }

  slotStuck(worker: WorkerSlots, request: string): void {
    this.#options.stuck({ application: this.name, worker: worker.endpoint.worker, request })
  }

  workerWorn(worker: WorkerSlots): void {
    this.#options.worn({ application: this.name, worker: worker.endpoint.worker })
  }

  slotAbandoned(request: string, limitMs: number): void {
    const { abandoned, now } = this.#options
    if (limitMs > 0) abandoned?.(request, now() + limitMs)
  }

  workerQuiet(worker: WorkerSlots): void {
    if (!worker.accepting && worker.isQuiet) this.#options.idle(worker.endpoint.worker)
  }

  /** A head that has come shows that the application answers; then it is each gap that counts. */
  limitOf({ hasHead }: Slot): number {
    const { requestTimeMs, outputIdleMs } = this.#options.limits
    if (requestTimeMs <= 0) return 0
    return hasHead ? outputIdleMs : requestTimeMs
  }

  now(): number {
    return this.#options.now()
  }

  #connectOne(): void {
    const open = [...this.#workers.values()].filter(({ accepting }) => accepting)
    for (const worker of open.toSorted((a, b) => a.busy - b.busy)) {
      if (worker.connectOne(this.#options.now())) return
    }
  }

  #withdraw(worker: WorkerSlots): void {
    if (!worker.accepting) return
    worker.withdraw()
    this.workerQuiet(worker)
  }

  #refusal(): PorticoError | undefined {
    if (this.#givenUp !== undefined) return this.#givenUp
    if (this.#state.kind === 'failed' && !this.#accepts()) return this.#failure(this.#state)
    // For whom a connection is being made does not wait for a thread.
    if (this.#queue.length - this.#connecting >= this.#options.limits.queueLength) {
      return new PorticoError('E_BACKEND_BUSY', undefined, {
        application: this.name,
        queue: this.#queue.length,
      })
    }
    return undefined
  }

  get #connecting(): number {
    let connecting = 0
    for (const worker of this.#workers.values()) connecting += worker.connecting
    return connecting
  }

  #accepts(): boolean {
    for (const worker of this.#workers.values()) if (worker.accepting) return true
    return false
  }

  #failure({ reason, retryMs }: Failed): PorticoError {
    const application = this.name
    if (!this.#options.triesAgain) {
      return new PorticoError('E_APPLICATION_NOT_LOADED', undefined, { application, reason })
    }
    const leftMs = Math.max(0, Math.round(this.#stateMs + retryMs - this.#options.now()))
    return new PorticoError('E_BACKEND_FAILED', undefined, { application, reason, retryMs: leftMs })
  }

  #refuseAll(state: Failed): void {
    for (let opener = this.#queue.shift(); opener !== undefined; opener = this.#queue.shift()) {
      opener.refused(this.#failure(state))
    }
  }
}

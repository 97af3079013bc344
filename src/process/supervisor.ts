// The workers of one application: applies what plan.ts decides and publishes the endpoints of those that are
// ready. Knows nothing of requests but their ids; what becomes of the requests of a dead worker is the HTTP
// process's affair.

import type { Facts } from '../failure.ts'
import type { Log } from '../log/log.ts'
import type { ApplicationSpec, WorkerPlace } from './application-spec.ts'
import type { StartFailure, ThreadStack } from './control-line.ts'
import { Deadline } from './deadline.ts'
import {
  type ApplicationState,
  describeExit,
  type Endpoint,
  type Exit,
  type Publication,
  type WorkerGone,
  type WorkerStuck,
} from './messages.ts'
import {
  type Action,
  afterDeath,
  afterFailedStart,
  type Fleet,
  type History,
  type Member,
  noHistory,
  plan,
} from './plan.ts'
import { failureText, stackText } from './start-failure.ts'
import { Worker, type WorkerEnd } from './worker.ts'
import { workerLaunch } from './worker-launch.ts'

export interface SupervisorOptions {
  readonly application: ApplicationSpec
  readonly place: WorkerPlace
  readonly generation: number
  /** Gives numbers that are unique in the life of the supervisor process. */
  readonly nextWorker: () => number
  readonly log: Log
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

export interface SupervisorSink {
  /** After every change, never twice the same. */
  published(publication: Publication): void
  gone(gone: WorkerGone): void
}

/** What became of the first attempt, for who waits at the terminal. */
export type FirstStart =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  /** Stopped before it was known. */
  | { readonly kind: 'stopped' }

interface Standing {
  readonly worker: Worker
  stuck: { readonly since: number; idle: boolean } | null
}

// Only the stuck request is left then, and it has had its time; exit handlers get their chance.
const stuckStopMs = 1000

export class ApplicationSupervisor {
  readonly #options: SupervisorOptions
  readonly #sink: SupervisorSink
  readonly #standing = new Map<number, Standing>()
  readonly #wake = new Deadline()
  readonly #stopped: (() => void)[] = []
  readonly #first: Promise<FirstStart>
  #resolveFirst: (first: FirstStart) => void = () => {}
  #history: History = noHistory
  #problem: string | null = null
  /** As it was logged last; the same again is told in one line. */
  #lastFailure = ''
  #published = ''
  #stopping = false

  constructor(options: SupervisorOptions, sink: SupervisorSink) {
    this.#options = options
    this.#sink = sink
    this.#first = new Promise((resolve) => {
      this.#resolveFirst = resolve
    })
  }

  /** Starts the first worker; the others follow when it is ready. */
  start(): void {
    this.#turn()
  }

  /**
   * Resolves when the first worker is ready or has failed; after a failure it goes on trying all the same.
   */
  get firstStart(): Promise<FirstStart> {
    return this.#first
  }

  get publication(): Publication {
    return { application: this.#options.application.name, state: this.#state(), endpoints: this.#endpoints() }
  }

  /**
   * A request of this worker exceeded request_time: withdraws it, starts a replacement, logs what its threads
   * do.
   */
  stuck(report: WorkerStuck): void {
    const standing = this.#standing.get(report.worker)
    if (standing === undefined || standing.stuck !== null || standing.worker.state.kind !== 'ready') return
    standing.stuck = { since: this.#options.clock(), idle: false }
    const { worker } = standing
    void worker.stacks().then((threads) => {
      this.#options.log.error(
        'worker.stuck',
        { ...worker.facts, request: report.request },
        stackText(threads, report.request),
      )
    })
    this.#turn()
  }

  /** No HTTP process waits for this stuck worker any more, except for the request that is stuck. */
  idle(worker: number): void {
    const standing = this.#standing.get(worker)
    if (standing?.stuck == null) return
    standing.stuck.idle = true
    this.#turn()
  }

  /** What the threads of one worker do; empty when it does not answer or is unknown. */
  stacks(worker: number): Promise<readonly ThreadStack[]> {
    return this.#standing.get(worker)?.worker.stacks() ?? Promise.resolve([])
  }

  /**
   * Withdraws all endpoints, stops all workers, starts no more; resolves when all have exited. 0 kills at
   * once.
   */
  stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    this.#wake.clear()
    this.#resolveFirst({ kind: 'stopped' })
    for (const { worker, stuck } of this.#standing.values()) {
      worker.stop(stuck === null ? deadlineMs : Math.min(deadlineMs, stuckStopMs))
    }
    this.#publish()
    if (this.#standing.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#stopped.push(resolve))
  }

  #turn(): void {
    if (this.#stopping) return
    this.#wake.clear()
    const now = this.#options.clock()
    let wakeAt = Number.POSITIVE_INFINITY
    for (const action of plan(this.#fleet(), now)) {
      if (action.kind === 'wake') wakeAt = Math.min(wakeAt, action.at)
      else this.#apply(action)
    }
    // A timer may fire a fraction of a millisecond early; then it would be planned once more, not more often.
    if (wakeAt !== Number.POSITIVE_INFINITY) this.#wake.arm(Math.ceil(wakeAt - now) + 1, () => this.#turn())
    this.#publish()
  }

  #apply(action: Exclude<Action, { kind: 'wake' }>): void {
    switch (action.kind) {
      case 'start':
        this.#startWorker()
        break
      case 'retire':
        this.#standing.get(action.worker)?.worker.stop(stuckStopMs)
        break
      default:
        action satisfies never
    }
  }

  #startWorker(): void {
    const { application, place, nextWorker, log, clock } = this.#options
    const launch = workerLaunch(application, place, nextWorker())
    const standing: Standing = {
      stuck: null,
      worker: new Worker(
        launch,
        {
          ready: (tookMs) => this.#onReady(standing, tookMs),
          exited: (exit, end) => this.#onExited(standing, exit, end),
        },
        log,
        clock,
      ),
    }
    this.#standing.set(launch.worker, standing)
    log.info('worker.start', standing.worker.facts)
  }

  #onReady({ worker }: Standing, tookMs: number): void {
    this.#options.log.info('worker.ready', { ...worker.facts, tookMs: Math.round(tookMs) })
    this.#history = { ...this.#history, everReady: true }
    this.#problem = null
    this.#lastFailure = ''
    this.#resolveFirst({ kind: 'ready' })
    this.#turn()
  }

  #onExited({ worker, stuck }: Standing, exit: Exit, end: WorkerEnd): void {
    this.#standing.delete(worker.number)
    const facts = { ...worker.facts, code: exit.code ?? undefined, signal: exit.signal ?? undefined }
    if (end.kind === 'failed') this.#onFailed(end.failure, facts)
    else if (end.kind === 'died' && stuck === null) this.#onDied(worker, end.readySince, exit, facts)
    else this.#options.log.info('worker.retired', facts)
    // Withdrawn before anything is started in its place: requests must not go where nobody is.
    this.#publish()
    const { name } = this.#options.application
    this.#sink.gone({ application: name, worker: worker.number, pid: worker.pid, exit })
    this.#turn()
    if (this.#stopping && this.#standing.size === 0) for (const resolve of this.#stopped.splice(0)) resolve()
  }

  #onFailed(failure: StartFailure, facts: Facts): void {
    this.#history = afterFailedStart(this.#fleet(), this.#options.clock())
    const headline = failure.message.split('\n', 1)[0] ?? ''
    this.#problem = headline
    const text = failureText(failure)
    const retryMs = Math.round(this.#history.notBefore - this.#options.clock())
    this.#options.log.error(
      'worker.failed',
      { ...facts, reason: failure.reason, retryMs },
      text === this.#lastFailure ? `As before: ${headline}` : text,
    )
    this.#lastFailure = text
    this.#resolveFirst({ kind: 'failed', failure })
  }

  #onDied(worker: Worker, readySince: number, exit: Exit, facts: Facts): void {
    const now = this.#options.clock()
    const what = `Worker ${worker.number} of application "${this.#options.application.name}" ${describeExit(exit)}`
    this.#history = afterDeath(this.#fleet(), { startedAt: worker.startedAt, readySince }, now)
    if (this.#history.notBefore > now) this.#problem = `${what} soon after it was ready`
    this.#options.log.error('worker.exited', facts, `${what}; the requests it held are lost`)
  }

  #fleet(): Fleet {
    const { application } = this.#options
    return {
      wanted: application.processes,
      drainMs: application.limits.drain_time,
      members: [...this.#standing.values()].flatMap(memberOf),
      history: this.#history,
    }
  }

  #state(): ApplicationState {
    if (this.#endpoints().length > 0) return { kind: 'ready' }
    if (this.#problem === null) return { kind: 'starting' }
    const retryMs = Math.max(0, Math.round(this.#history.notBefore - this.#options.clock()))
    return { kind: 'failed', reason: this.#problem, retryMs }
  }

  #endpoints(): Endpoint[] {
    if (this.#stopping) return []
    const { application, generation } = this.#options
    const ready = [...this.#standing.values()].filter(
      ({ worker, stuck }) => stuck === null && worker.state.kind === 'ready',
    )
    return ready.map(({ worker }) => ({
      worker: worker.number,
      pid: worker.pid,
      address: worker.address,
      slots: application.threads,
      generation,
    }))
  }

  #publish(): void {
    const publication = this.publication
    const { state } = publication
    // The time to the next try shrinks by itself; that alone is no news.
    const key = JSON.stringify([
      state.kind,
      state.kind === 'failed' ? state.reason : '',
      this.#history.failures,
      publication.endpoints,
    ])
    if (key === this.#published) return
    this.#published = key
    this.#sink.published(publication)
  }
}

function memberOf({ worker, stuck }: Standing): Member[] {
  const { number, startedAt, state } = worker
  switch (state.kind) {
    case 'starting':
      return [{ kind: 'starting', worker: number, startedAt }]
    case 'ready':
      if (stuck !== null) return [{ kind: 'stuck', worker: number, ...stuck }]
      return [{ kind: 'ready', worker: number, startedAt, since: state.since }]
    case 'stopping':
      return [{ kind: 'stopping', worker: number }]
    case 'exited':
      return []
    default:
      return state satisfies never
  }
}

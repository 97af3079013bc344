// The workers of one application: applies what plan.ts decides and publishes the endpoints of those that are
// ready. Knows nothing of requests but their ids; what becomes of the requests of a dead worker is the HTTP
// process's affair.

import type { Facts } from '../failure.ts'
import type { ApplicationReport } from './application-report.ts'
import type { ApplicationSpec } from './application-spec.ts'
import { Course } from './course.ts'
import { type Crash, crashStory } from './crash-report.ts'
import { Deadline } from './deadline.ts'
import { Deaths } from './deaths.ts'
import { Reloading } from './development/reloading.ts'
import { interrupt } from './interrupt.ts'
import type { Endpoint, Exit, Held, Load, Publication, WorkerStuck } from './messages.ts'
import { type Action, type Fleet, plan } from './plan.ts'
import { newsOf, startsSoon, stateOf } from './publication.ts'
import { Reports } from './reports.ts'
import { Roster } from './roster.ts'
import { type Standing, wearOut, withdraw } from './standing.ts'
import { startWorker } from './start-worker.ts'
import type { FirstStart, SupervisorOptions, SupervisorSink } from './supervision.ts'
import { Templates } from './templates.ts'
import type { Wear, WearState } from './wear.ts'
import { WearWatch } from './wear-watch.ts'
import type { LoadedFile, StartFailure, ThreadStack } from './worker/control-line.ts'
import type { WorkerEnd } from './worker/worker-contract.ts'

// A worker that retires has no request left but one that is stuck or has used up drain_time; exit handlers
// get their chance.
const retireMs = 1000

const keptOldText = 'The new code fails, the old code keeps answering'

export class ApplicationSupervisor {
  readonly #options: SupervisorOptions
  readonly #sink: SupervisorSink
  readonly #roster = new Roster()
  readonly #wake = new Deadline()
  readonly #wearWatch: WearWatch
  readonly #stopped: (() => void)[] = []
  readonly #first: Promise<FirstStart>
  #resolveFirst: (first: FirstStart) => void = () => {}
  readonly #reports: Reports
  readonly #deaths: Deaths
  readonly #reloading: Reloading | undefined
  readonly #course: Course
  readonly #templates: Templates
  #published = ''
  #stopping = false

  constructor(options: SupervisorOptions, sink: SupervisorSink) {
    const { application, log, clock } = options
    this.#options = options
    this.#sink = sink
    const { place, generation } = options
    this.#course = new Course({ application, place, number: generation }, clock)
    this.#reports = new Reports(log)
    this.#deaths = new Deaths(this.#reports, (crash) => this.#onDeathTold(crash))
    this.#templates = new Templates(options, () => this.#onEnded())
    this.#wearWatch = new WearWatch({
      limits: () => this.application.limits,
      standing: () => this.#roster,
      worn: (standing, wear, state) => {
        this.#wearOut(standing, wear, state)
        this.#turn()
      },
      clock,
    })
    if (options.reload === true) {
      this.#reloading = new Reloading(
        {
          application: application.name,
          directory: application.directory,
          environmentFile: application.environment_file,
          log,
          clock,
        },
        {
          renew: () => this.renew(options.reread?.(this.application)),
          codeChanged: () => this.#publish(),
          answers: () => this.#endpoints().length > 0,
        },
      )
    }
    this.#first = new Promise((resolve) => {
      this.#resolveFirst = resolve
    })
  }

  /** Starts the first worker; the others follow when it is ready. */
  start(): void {
    this.#turn()
    this.#wearWatch.start()
    this.#deaths.start()
  }

  /**
   * Starts the next generation: one worker of it first, and when that is ready the old ones finish their requests
   * and the others follow. While it fails, the old ones go on. A start that is under way is given up.
   */
  renew(application = this.application): void {
    if (this.#stopping) return
    this.#course.next(application, this.#course.place)
    this.#begin()
  }

  /**
   * Starts one worker of the next generation and resolves with what became of it. It takes no request before `release`;
   * with `takeBack` all is as it was. When it fails while older workers answer, it is taken back at once, and not tried
   * again unasked.
   */
  reload(application = this.application, place = this.#course.place): Promise<FirstStart> {
    if (this.#stopping) return Promise.resolve({ kind: 'stopped' })
    const outcome = this.#course.ask(application, place)
    this.#begin()
    return outcome
  }

  /** The generation that was asked for takes over. */
  release(): void {
    if (!this.#course.isHeld) return
    this.#course.release()
    this.#turn()
  }

  /** It does not: the one before it goes on, and whatever was started of it ends. */
  takeBack(): void {
    if (!this.#course.isHeld || !this.#course.takeBack()) return
    for (const { worker, generation } of this.#roster)
      if (generation > this.#course.generation) worker.stop(retireMs)
    this.#turn()
  }

  /** As it is started from now on. */
  get application(): ApplicationSpec {
    return this.#course.application
  }

  /** Resolves when the first worker is ready or has failed; after a failure it goes on trying all the same. */
  get firstStart(): Promise<FirstStart> {
    return this.#first
  }

  get publication(): Publication {
    const { name: application } = this.#options.application
    const endpoints = this.#endpoints()
    const starting = this.#roster.members.some(({ kind }) => kind === 'starting')
    const waits = startsSoon(this.#course.history, starting)
    const state = stateOf(endpoints, this.#reports.problem, waits, this.#course.waitMs)
    const code = this.#reloading?.code
    const publication = { application, state, endpoints }
    return code === undefined ? publication : { ...publication, code }
  }

  /**
   * A request of this worker exceeded request_time: withdraws it, starts a replacement, logs what its threads
   * do.
   */
  stuck(report: WorkerStuck): void {
    const standing = this.#roster.get(report.worker)
    if (standing === undefined || !withdraw(standing, 'stuck', this.#options.clock())) return
    const { worker } = standing
    void worker.stacks().then((threads) => this.#reports.stuck(worker, report.request, threads))
    this.#turn()
  }

  /** An HTTP process says what a worker had that is gone. */
  held(worker: number, held: Held): void {
    this.#deaths.held(worker, held)
  }

  /** What an HTTP process has seen: whether there should be more workers, or fewer. */
  load(load: Load): void {
    if (this.#course.loaded(load)) this.#turn()
  }

  /** It has served its requests: another takes its place. */
  worn(worker: number): void {
    const standing = this.#roster.get(worker)
    if (standing === undefined) return
    this.#wearOut(standing, 'requests', undefined)
    this.#turn()
  }

  /** No HTTP process waits for this withdrawn worker any more, except for a request that is stuck. */
  idle(worker: number): void {
    const withdrawn = this.#roster.get(worker)?.withdrawn
    if (withdrawn == null) return
    withdrawn.idle = true
    this.#turn()
  }

  /** What the threads of one worker do; empty when it does not answer or is unknown. */
  stacks(worker: number): Promise<readonly ThreadStack[]> {
    return this.#roster.get(worker)?.worker.stacks() ?? Promise.resolve([])
  }

  /** What there is to say of it at this moment. */
  get report(): ApplicationReport {
    const { lost, trouble } = this.#reports
    const workers = this.#roster.report(this.#options.clock())
    return { generation: this.#course.generation, workers, lost, trouble }
  }

  /** Ends one request as far as its worker can be told. `by` is who wants that. */
  async interrupt(worker: number, request: string, by: string): Promise<void> {
    const standing = this.#roster.get(worker)
    if (standing === undefined) return
    await interrupt(standing, request, by, this.#reports)
    this.#turn()
  }

  /**
   * Withdraws all endpoints, stops all workers, starts no more; resolves when all have exited. 0 kills at
   * once.
   */
  stop(deadlineMs: number): Promise<void> {
    this.#stopping = true
    this.#wake.clear()
    this.#wearWatch.stop()
    this.#deaths.stop()
    this.#reloading?.stop()
    this.#resolveFirst({ kind: 'stopped' })
    this.#course.settle({ kind: 'stopped' })
    for (const { worker, withdrawn } of this.#roster) {
      worker.stop(withdrawn?.why === 'stuck' ? Math.min(deadlineMs, retireMs) : deadlineMs)
    }
    this.#publish()
    this.#templates.prune()
    if (this.#isOver) return this.#deaths.told()
    return new Promise((resolve) => this.#stopped.push(resolve))
  }

  #begin(): void {
    this.#reports.forget()
    this.#turn()
  }

  #wearOut(standing: Standing, wear: Wear, state: WearState | undefined): void {
    if (wearOut(standing, wear)) this.#reports.worn(standing.worker, wear, state)
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
    this.#templates.prune(this.#course)
  }

  #apply(action: Exclude<Action, { kind: 'wake' }>): void {
    switch (action.kind) {
      case 'start':
        this.#startWorker()
        break
      case 'retire':
        this.#roster.get(action.worker)?.worker.stop(retireMs)
        break
      case 'drain':
        // One that accepts for itself goes on until it is told; it finishes what it has.
        if (this.#course.place.serve === undefined) this.#roster.drain(action.worker, this.#options.clock())
        else this.#roster.get(action.worker)?.worker.stop(this.application.limits.drain_time)
        break
      default:
        action satisfies never
    }
  }

  #startWorker(): void {
    const { nextWorker, log, clock, reload, keeper } = this.#options
    const { application, place } = this.#course
    const sink = {
      ready: (tookMs: number) => this.#onReady(standing, tookMs),
      loaded: (file: LoadedFile) => this.#reloading?.loaded(file, this.#isNewest(standing)),
      deadlocked: () => this.#onDeadlocked(standing),
      exited: (exit: Exit, end: WorkerEnd) => this.#onExited(standing, exit, end),
    }
    const standing: Standing = {
      withdrawn: null,
      worn: null,
      generation: this.#course.generation,
      slots: application.threads,
      worker: startWorker({
        ...{ application, place, number: nextWorker(), sink, log, clock, reload, keeper },
        source: this.#templates.of(this.#course.newest),
      }),
    }
    this.#roster.add(standing)
    this.#reports.started(standing.worker)
  }

  #onReady(standing: Standing, tookMs: number): void {
    this.#reports.ready(standing.worker, tookMs)
    this.#deaths.watch(standing.worker)
    if (this.#isNewest(standing)) this.#course.proved()
    this.#resolveFirst({ kind: 'ready' })
    // The old endpoints go before requests that have waited for the new code are let in.
    this.#turn()
    if (this.#isNewest(standing)) this.#reloading?.ready()
  }

  #onDeadlocked(standing: Standing): void {
    withdraw(standing, 'stuck', this.#options.clock())
    this.#turn()
  }

  #onExited(standing: Standing, exit: Exit, end: WorkerEnd): void {
    const { worker } = standing
    this.#roster.remove(standing)
    if (end.kind === 'failed' && !this.#stopping) this.#reloading?.look()
    const outdated = !this.#isNewest(standing) || this.#reloading?.changing === true
    // One that was to be forked may never have had a process.
    const pid = worker.pid === 0 ? undefined : worker.pid
    const facts = { ...worker.facts, pid, code: exit.code ?? undefined, signal: exit.signal ?? undefined }
    if (end.kind === 'failed' && !outdated) this.#onFailed(end.failure, facts)
    else if (end.kind === 'died') this.#onDied(standing, end.readySince, exit)
    else this.#reports.retired(facts)
    // Withdrawn before anything is started in its place: requests must not go where nobody is.
    this.#publish()
    const { name } = this.#options.application
    const processes = this.#sink.gone({ application: name, worker: worker.number, pid: worker.pid, exit })
    if (end.kind === 'died') this.#deaths.tell(worker.number, processes)
    this.#turn()
    this.#onEnded()
  }

  /** A worker or a template is gone. */
  #onEnded(): void {
    if (this.#stopping) this.#templates.prune()
    if (!this.#stopping || !this.#isOver) return
    const stopped = this.#stopped.splice(0)
    void this.#deaths.told().then(() => {
      for (const resolve of stopped) resolve()
    })
  }

  get #isOver(): boolean {
    return this.#roster.isEmpty && this.#templates.isEmpty
  }

  #onFailed(failure: StartFailure, facts: Facts): void {
    this.#course.failed(this.#fleet())
    // With --reload the next edit decides.
    const mayKeep = this.#reloading === undefined && this.#endpoints().length > 0
    const keptOld = mayKeep && this.#course.takeBack()
    const headline = this.#stopping ? '' : keptOld ? keptOldText : this.#reloading?.failed(failure)
    // While enough others do the work nothing is started again unasked.
    const retries = !keptOld && this.#endpoints().length < this.#course.wanted
    const retryMs = Math.round(this.#course.waitMs)
    this.#reports.failed(facts, failure, retries ? retryMs : undefined, headline)
    this.#resolveFirst({ kind: 'failed', failure })
    this.#course.settle({ kind: 'failed', failure })
  }

  #onDied(standing: Standing, readySince: number, exit: Exit): void {
    const { worker, withdrawn } = standing
    // How an outdated worker ends says nothing about the next start, and one that was withdrawn has been replaced.
    const counts = this.#isNewest(standing) && withdrawn === null
    const judge = (isFault: boolean): void =>
      isFault ? this.#course.died(this.#fleet(), worker.startedAt, readySince) : this.#course.finished()
    const inDoubt = counts && worker.kind === 'program' && exit.code === 0
    if (counts && !inDoubt) judge(true)
    const waitMs = Math.round(Math.max(0, this.#course.waitMs))
    this.#deaths.died(worker, exit, counts ? waitMs : undefined, inDoubt ? judge : undefined)
  }

  #onDeathTold(crash: Crash): void {
    if (this.publication.state.kind === 'failed') this.#reloading?.crashed(crashStory(crash))
  }

  #isNewest({ generation }: Standing): boolean {
    return generation === this.#course.generation
  }

  #fleet(): Fleet {
    return this.#course.fleet(this.#roster.members, this.#reloading?.changing === true)
  }

  #endpoints(): Endpoint[] {
    if (this.#stopping) return []
    const { isHeld } = this.#course
    return this.#roster.endpoints((one) => !isHeld || !this.#isNewest(one))
  }

  #publish(): void {
    const publication = this.publication
    const key = newsOf(publication, this.#course.history.failures)
    if (key === this.#published) return
    this.#published = key
    this.#sink.published(publication)
  }
}

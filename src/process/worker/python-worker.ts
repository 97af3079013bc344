// One Python worker as its parent sees it: configuration line, control lines, deadlines, the end of its process
// group; where its process comes from is worker-process.ts. Decides nothing about replacement (plan.ts) and
// publishes nothing (supervisor.ts). A program that leaves the process group (setsid) is out of reach; closing
// its lifeline ends only the worker itself.

import type { Log } from '../../log/log.ts'
import { Deadline } from '../deadline.ts'
import type { Exit } from '../messages.ts'
import type { InterpreterFault } from '../python/interpreter-fault.ts'
import { faultAs } from '../python/interpreter-reach.ts'
import { removeSocketFile } from '../socket/socket-file.ts'
import { ControlConnection } from './control-connection.ts'
import type { ControlEvent, StartFailure, ThreadStack } from './control-line.ts'
import { CrashText } from './crash-text.ts'
import { Heartbeat } from './heartbeat.ts'
import { applicationStacks } from './interpreter-stack.ts'
import { outputLimits } from './output-budget.ts'
import { spawnedProcesses } from './spawned-process.ts'
import * as failures from './start-failure.ts'
import { StartupDeadline } from './startup-deadline.ts'
import type { Worker, WorkerEnd, WorkerLaunch, WorkerSink, WorkerState } from './worker-contract.ts'
import { WorkerOutput } from './worker-output.ts'
import type { ProcessSink, ProcessSource, WorkerPipes, WorkerProcess } from './worker-process.ts'

const lockKept =
  'It did not answer in time, as when code in C keeps the lock of its interpreter. Innermost frames first:'
// From SIGTERM to SIGKILL.
const killAfterMs = 1000
// A worker knows its deadline and ends by itself; who is still there this much later does not.
const ownEndMs = 500
// A worker that said it failed, or let go of its control connection, ends by itself within this.
const lastWordsMs = 1000
// What a dying worker wrote is in the pipes already; only something it left behind keeps them open longer.
const afterExitMs = 250

export class PythonWorker implements Worker, ProcessSink {
  readonly kind = 'python'
  readonly number: number
  readonly startedAt: number
  readonly #launch: WorkerLaunch
  readonly #sink: WorkerSink
  readonly #log: Log
  readonly #clock: () => number
  readonly #process: WorkerProcess | undefined
  #pid = 0
  #control: ControlConnection | undefined
  #output: WorkerOutput | undefined
  #crash: CrashText | undefined
  readonly #heartbeat: Heartbeat
  readonly #startup = new StartupDeadline()
  readonly #ending = new Deadline()
  readonly #afterExit = new Deadline()
  #state: WorkerState
  #failure: StartFailure | null = null
  #exit: Exit | null = null
  #stackSignal = 0
  #cause = ''
  #tellClosed: () => void = () => {}
  /** Everything it has said has been read. */
  readonly #whenClosed = new Promise<void>((resolve) => {
    this.#tellClosed = resolve
  })

  /** @param source where its process comes from */
  constructor(
    launch: WorkerLaunch,
    sink: WorkerSink,
    log: Log,
    clock: () => number,
    source: ProcessSource = spawnedProcesses,
  ) {
    this.number = launch.worker
    this.startedAt = clock()
    this.#launch = launch
    this.#sink = sink
    this.#log = log
    this.#clock = clock
    this.#state = { kind: 'starting', since: this.startedAt }
    this.#heartbeat = new Heartbeat(
      launch.deadlockMs,
      () => this.#control?.send({ command: 'ping' }),
      () => this.#onSilence(),
    )
    this.#process = this.#start(source)
  }

  get state(): WorkerState {
    return this.#state
  }

  get pid(): number {
    return this.#pid
  }

  get address(): string {
    return this.#launch.configuration.socket
  }

  get facts(): { application: string; worker: number; pid: number } {
    return { application: this.#launch.configuration.application, worker: this.number, pid: this.pid }
  }

  /**
   * Asks the worker to finish its requests within `deadlineMs`; half a second after that SIGTERM, another
   * second later SIGKILL to its group; 0 kills at once. A worker that is not ready has no requests and gets
   * SIGTERM at once. Asked again, the earlier end counts.
   */
  stop(deadlineMs: number): void {
    // One that is given up ends sooner than it can be asked to.
    if (this.#state.kind === 'exited' || (this.#cause !== '' && deadlineMs > 0)) return
    const now = this.#clock()
    if (this.#state.kind === 'stopping' && now + deadlineMs >= this.#state.deadline) return
    const wasReady = this.#state.kind === 'ready' || (this.#state.kind === 'stopping' && this.#state.wasReady)
    this.#state = { kind: 'stopping', since: now, deadline: now + deadlineMs, wasReady }
    this.#startup.clear()
    this.#heartbeat.stop()
    if (deadlineMs <= 0) this.kill()
    else if (!wasReady) this.#terminate()
    else this.#retire(deadlineMs)
  }

  kill(): void {
    this.#ending.clear()
    if (this.#exit !== null) return
    this.#log.warn('worker.killed', { ...this.facts, signal: 'SIGKILL' })
    this.#process?.kill()
  }

  /** When it does not answer within half a second, one text without requests, which needs no running interpreter. */
  async stacks(): Promise<readonly ThreadStack[]> {
    const threads = (await this.#control?.stacks()) ?? []
    if (threads.length > 0 || this.#stackSignal === 0 || this.#exit !== null) return threads
    const said = this.#crash?.next()
    this.#process?.signal(this.#stackSignal)
    const stack = (await said) ?? ''
    if (stack === '') return []
    return [{ request: null, stack: `${lockKept}\n${this.#readable(stack)}`, together: true }]
  }

  get cause(): string {
    return this.#cause
  }

  async lastStack(): Promise<string> {
    await this.#whenClosed
    return this.#readable(this.#crash?.text ?? '')
  }

  #readable(stack: string): string {
    return applicationStacks(stack, this.#launch.packagePath)
  }

  interrupt(request: string): void {
    this.#control?.send({ command: 'interrupt', request })
  }

  /** Of a template: it is to fork this worker. */
  fork(worker: number): void {
    this.#control?.send({ command: 'fork', worker })
  }

  begun(pid: number, { stdout, stderr, control, crash }: WorkerPipes): void {
    this.#pid = pid
    const { configuration, outputLimits: limits = outputLimits, startupMs } = this.#launch
    this.#output = new WorkerOutput(this.facts, this.#log, this.#clock, limits)
    this.#output.read('stdout', stdout)
    this.#output.read('stderr', stderr)
    this.#crash = new CrashText(crash)
    this.#control = new ControlConnection(control, configuration, {
      event: (event) => this.#onControl(event),
      closed: () => this.#onControlClosed(),
    })
    const doing = 'its application is still being imported'
    const starting = { log: this.#log, facts: this.facts, doing, startupMs }
    this.#startup.arm(starting, () => this.#onStartupDeadline())
  }

  notBegun(failure: StartFailure): void {
    if (this.#exit !== null) return
    this.#failure ??= failure
    this.exited({ code: null, signal: null })
    this.closed()
  }

  #start(source: ProcessSource): WorkerProcess | undefined {
    const { configuration, restore } = this.#launch
    try {
      restore?.()
    } catch (error) {
      const failure = failures.noPlace({ application: configuration.application }, error)
      process.nextTick(() => this.notBegun(failure))
      return undefined
    }
    // What an earlier worker of that number left behind would keep the new one from binding.
    removeSocketFile(configuration.socket)
    return source.start(this.#launch, this)
  }

  #onControl(event: ControlEvent): void {
    switch (event.kind) {
      case 'ready':
        this.#onReady(event.stackSignal)
        break
      case 'pong':
        if (this.#state.kind === 'ready') this.#heartbeat.heard()
        break
      case 'failed':
        if (this.#state.kind !== 'starting') break
        this.#failure ??= event.failure
        this.#ending.arm(lastWordsMs, () => this.kill())
        break
      case 'bad':
        this.#onLostControl(`sent a control line that is ${event.why}`)
        break
      case 'loaded':
        this.#sink.loaded(event.file)
        break
      case 'fork':
        this.#sink.fork?.(event.news)
        break
      case 'stacks':
      case 'stopped':
      case 'unknown':
        break
      default:
        event satisfies never
    }
  }

  #onReady(stackSignal: number): void {
    if (this.#state.kind !== 'starting' || this.#failure !== null || this.#exit !== null) return
    this.#startup.clear()
    this.#stackSignal = stackSignal
    this.#state = { kind: 'ready', since: this.#clock() }
    this.#heartbeat.heard()
    this.#sink.ready(this.#state.since - this.startedAt)
  }

  #onControlClosed(): void {
    if (this.#exit === null) this.#ending.arm(lastWordsMs, () => this.#onLostControl('closed descriptor 3'))
  }

  #onLostControl(what: string): void {
    if (this.#exit !== null) return
    if (this.#state.kind === 'starting') {
      this.#failure ??= failures.brokeProtocol(this.facts, what)
    } else if (this.#state.kind === 'ready') {
      this.#cause = `it ${what}, so it could not be led any more`
      this.#log.error(
        'internal.fault',
        this.facts,
        `The worker ${what}; it cannot be led any more and is replaced`,
      )
    }
    this.kill()
  }

  #onSilence(): void {
    if (this.#state.kind !== 'ready' || this.#exit !== null) return
    this.#cause = `its interpreter had not run for ${this.#launch.deadlockMs / 1000} s (limits.deadlock_time), so it was given up; code in C that keeps the lock of the interpreter, or SIGSTOP, does that`
    this.#sink.deadlocked()
    this.#abort()
  }

  /** It says what its threads do, for which it needs no running interpreter, and ends. */
  #abort(): void {
    this.#process?.signal('SIGABRT')
    this.#ending.arm(killAfterMs, () => this.kill())
  }

  #onStartupDeadline(): void {
    void this.stacks().then((threads) => {
      if (this.#state.kind !== 'starting') return
      this.#failure ??= failures.notReadyInTime(this.facts, this.#launch.startupMs, threads)
      if (threads.length > 0) this.kill()
      else this.#abort()
    })
  }

  exited(exit: Exit): void {
    if (this.#exit !== null) return
    this.#exit = exit
    this.#startup.clear()
    this.#ending.clear()
    this.#heartbeat.stop()
    this.#process?.kill()
    removeSocketFile(this.address)
    this.#afterExit.arm(afterExitMs, () => this.closed())
    // What it said before it died may still be in the pipe; of a worker that had been ready nothing is
    // expected.
    if (this.#state.kind !== 'starting') this.#finish(exit)
  }

  /** The pipes have ended, or are held by something that left the process group. */
  closed(): void {
    if (this.#exit === null) return
    this.#afterExit.clear()
    this.#control?.close()
    this.#process?.close()
    this.#output?.close()
    this.#tellClosed()
    this.#finish(this.#exit)
  }

  #finish(exit: Exit): void {
    if (this.#state.kind === 'exited') return
    const end = this.#end(exit)
    this.#state = { kind: 'exited', since: this.#clock(), exit }
    this.#sink.exited(exit, end)
  }

  #end(exit: Exit): WorkerEnd {
    if (this.#state.kind === 'ready') return { kind: 'died', readySince: this.#state.since }
    if (this.#state.kind !== 'starting') return { kind: 'retired' }
    const failure = this.#failure ?? this.#exitedEarly(exit)
    const stack = this.#readable(this.#crash?.text ?? '')
    const traceback = [failure.traceback, stack].filter((part) => part !== '').join('\n')
    return { kind: 'failed', failure: { ...failure, traceback } }
  }

  #exitedEarly(exit: Exit): StartFailure {
    const tail = this.#output?.tail() ?? ''
    return failures.exitedEarly(this.facts, exit, tail, exit.signal === null ? this.#fault(tail) : undefined)
  }

  #fault(said: string): InterpreterFault | undefined {
    const { python, environment, identity } = this.#launch
    return python === null ? undefined : faultAs(identity, python, said, environment)
  }

  #retire(deadlineMs: number): void {
    this.#control?.send({ command: 'stop', deadline: deadlineMs / 1000 })
    this.#ending.arm(deadlineMs + ownEndMs, () => {
      this.#log.warn('worker.killed', { ...this.facts, signal: 'SIGTERM' })
      this.#terminate()
    })
  }

  #terminate(): void {
    if (this.#exit !== null) return
    this.#process?.signal('SIGTERM')
    this.#ending.arm(killAfterMs, () => this.kill())
  }
}

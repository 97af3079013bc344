// One worker that is a program of somebody else, a FastCGI application server: its start, its deadlines, the end of its process
// group. It is led by signals alone: it has no control connection, so it tells nothing and watches no lifeline, and a keeper
// ends it when we are gone.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Log } from '../../log/log.ts'
import { Deadline } from '../deadline.ts'
import { startAs } from '../identity/start-as.ts'
import type { Exit } from '../messages.ts'
import { openListeningSocket } from '../socket/listener-handles.ts'
import { removeSocketFile } from '../socket/socket-file.ts'
import { batchCommand } from '../system/batch.ts'
import type { Keeper } from '../system/keeper.ts'
import { killGroup, signalProcess } from '../system/process-group.ts'
import { whyNotSpawned } from '../system/spawn-fault.ts'
import type { StartFailure, ThreadStack } from '../worker/control-line.ts'
import { outputLimits } from '../worker/output-budget.ts'
import { noPlace } from '../worker/start-failure.ts'
import { StartupDeadline } from '../worker/startup-deadline.ts'
import type { Worker, WorkerEnd, WorkerSink, WorkerState } from '../worker/worker-contract.ts'
import { WorkerOutput } from '../worker/worker-output.ts'
import * as failures from './program-failure.ts'
import type { ProgramLaunch } from './program-launch.ts'
import { Readiness } from './readiness.ts'

export interface ProgramWorkerOptions {
  readonly launch: ProgramLaunch
  readonly sink: Pick<WorkerSink, 'ready' | 'exited'>
  readonly log: Log
  /** Milliseconds, monotonic. */
  readonly clock: () => number
  /** Undefined: whoever ends us sees to it. */
  readonly keeper: Keeper | undefined
}

// What it wrote before it ended is in the pipes already; only something it left behind keeps them open longer.
const afterExitMs = 250

export class ProgramWorker implements Worker {
  readonly kind = 'program'
  readonly cause = ''
  readonly startedAt: number
  readonly #options: ProgramWorkerOptions
  readonly #startup = new StartupDeadline()
  readonly #ending = new Deadline()
  readonly #afterExit = new Deadline()
  #child: ChildProcess | undefined
  #readiness: Readiness | undefined
  #output: WorkerOutput | undefined
  #state: WorkerState
  #failure: StartFailure | undefined
  #exit: Exit | undefined

  constructor(options: ProgramWorkerOptions) {
    this.#options = options
    this.startedAt = options.clock()
    this.#state = { kind: 'starting', since: this.startedAt }
    this.#start()
  }

  get number(): number {
    return this.#options.launch.worker
  }

  get state(): WorkerState {
    return this.#state
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get address(): string {
    return this.#options.launch.socket
  }

  get facts(): { application: string; worker: number; pid: number } {
    return { application: this.#options.launch.application, worker: this.number, pid: this.pid }
  }

  /**
   * SIGTERM now, and SIGKILL to its group after `deadlineMs`. What it is to finish must be over: it knows no other wish than to
   * end, and heeds that at once.
   */
  stop(deadlineMs: number): void {
    if (this.#state.kind === 'exited') return
    const now = this.#options.clock()
    const deadline = now + deadlineMs
    if (this.#state.kind === 'stopping' && deadline >= this.#state.deadline) return
    const isFirst = this.#state.kind !== 'stopping'
    const wasReady = this.#state.kind === 'ready' || (this.#state.kind === 'stopping' && this.#state.wasReady)
    this.#state = { kind: 'stopping', since: now, deadline, wasReady }
    this.#settle()
    if (deadlineMs <= 0) {
      this.kill()
      return
    }
    if (isFirst && this.#exit === undefined) signalProcess(this.pid, 'SIGTERM')
    this.#ending.arm(deadlineMs, () => this.kill())
  }

  kill(): void {
    this.#ending.clear()
    if (this.#exit !== undefined) return
    this.#options.log.warn('worker.killed', { ...this.facts, signal: 'SIGKILL' })
    killGroup(this.pid)
  }

  stacks(): Promise<readonly ThreadStack[]> {
    return Promise.resolve([])
  }

  interrupt(): void {}

  lastStack(): Promise<string> {
    return Promise.resolve('')
  }

  #start(): void {
    const { launch, keeper } = this.#options
    try {
      launch.restore?.()
      removeSocketFile(launch.socket)
    } catch (error) {
      process.nextTick(() => this.#notStarted(noPlace(launch, error)))
      return
    }
    try {
      const child = this.#spawn()
      this.#child = child
      // 'error' also reports signals that could not be sent; only a process that never was ends here.
      child.on('error', (error) => {
        if (child.pid === undefined) this.#notStarted(this.#notSpawned(error))
      })
      if (child.pid === undefined) return
      keeper?.add(child.pid)
      child.on('exit', (code, signal) => this.#onExit({ code, signal }))
      child.on('close', () => this.#onClosed())
      this.#read(child)
    } catch (error) {
      process.nextTick(() => this.#notStarted(this.#notSpawned(error)))
      return
    }
    const doing = 'it has taken no connection'
    const starting = { log: this.#options.log, facts: this.facts, doing, startupMs: launch.startupMs }
    this.#startup.arm(starting, () => this.#onStartupDeadline())
    this.#readiness = new Readiness(launch, () => this.#onReady())
  }

  #spawn(): ChildProcess {
    const { command, directory, environment, identity, bindsItself, socket, socketMode } =
      this.#options.launch
    const [named = '', ...words] = command
    // Looked up before the socket is there: the first time a program is asked what it is.
    const [program, ...args] = batchCommand(named, words)
    const start = startAs(identity, program, args, environment)
    const listening = bindsItself ? undefined : openListeningSocket(socket, socketMode)
    try {
      return spawn(start.file, start.arguments, {
        ...start.options,
        cwd: directory,
        detached: true,
        stdio: [listening?.fd ?? 'ignore', 'pipe', 'pipe'],
      })
    } finally {
      listening?.close()
    }
  }

  #read({ stdout, stderr }: ChildProcess): void {
    const { log, clock, launch } = this.#options
    this.#output = new WorkerOutput(this.facts, log, clock, launch.outputLimits ?? outputLimits)
    if (stdout !== null) this.#output.read('stdout', stdout)
    if (stderr !== null) this.#output.read('stderr', stderr)
  }

  #notSpawned(error: unknown): StartFailure {
    const { launch } = this.#options
    return failures.programNotStarted(launch, whyNotSpawned(launch.command[0] ?? '', launch.directory, error))
  }

  #notStarted(failure: StartFailure): void {
    this.#failure = failure
    this.#onExit({ code: null, signal: null })
    this.#onClosed()
  }

  #onReady(): void {
    if (this.#state.kind !== 'starting' || this.#exit !== undefined) return
    this.#settle()
    this.#state = { kind: 'ready', since: this.#options.clock() }
    this.#options.sink.ready(this.#state.since - this.startedAt)
  }

  #onStartupDeadline(): void {
    this.#failure = failures.programSilent(this.#options.launch, this.pid, this.#output?.tail() ?? '')
    this.kill()
  }

  #onExit(exit: Exit): void {
    if (this.#exit !== undefined) return
    this.#exit = exit
    this.#settle()
    this.#ending.clear()
    killGroup(this.pid)
    this.#options.keeper?.remove(this.pid)
    removeSocketFile(this.address)
    this.#afterExit.arm(afterExitMs, () => this.#onClosed())
    // What it said before it died may still be in the pipe; of one that had been ready nothing is expected.
    if (this.#state.kind !== 'starting') this.#finish(exit)
  }

  #onClosed(): void {
    if (this.#exit === undefined) return
    this.#afterExit.clear()
    this.#child?.stdout?.destroy()
    this.#child?.stderr?.destroy()
    this.#output?.close()
    this.#finish(this.#exit)
  }

  #finish(exit: Exit): void {
    if (this.#state.kind === 'exited') return
    const end = this.#end(exit)
    this.#state = { kind: 'exited', since: this.#options.clock(), exit }
    this.#options.sink.exited(exit, end)
  }

  #end(exit: Exit): WorkerEnd {
    if (this.#state.kind === 'ready') return { kind: 'died', readySince: this.#state.since }
    if (this.#state.kind !== 'starting') return { kind: 'retired' }
    const tail = this.#output?.tail() ?? ''
    const failure = this.#failure ?? failures.programEnded(this.#options.launch, this.pid, exit, tail)
    return { kind: 'failed', failure }
  }

  /** Whether it becomes ready is no question any more. */
  #settle(): void {
    this.#startup.clear()
    this.#readiness?.stop()
  }
}

// One service: a program of somebody else that is kept running. It leads a process group and a session of its own and has
// no descriptor but 0 (nothing), 1 and 2 (the error log). Ended for whatever reason, it is started again.
// As systemd does it with KillMode=mixed, the program alone is asked to end, and what is left of its group is killed.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Log } from '../../log/log.ts'
import { backoffMs, stableMs } from '../backoff.ts'
import { Deadline } from '../deadline.ts'
import type { Identity } from '../identity/identity.ts'
import { type Start, startAs } from '../identity/start-as.ts'
import { describeExit, type Exit } from '../messages.ts'
import type { Keeper } from '../system/keeper.ts'
import { killGroup, signalProcess } from '../system/process-group.ts'
import { whyNotSpawned } from '../system/spawn-fault.ts'
import { outputLimits } from '../worker/output-budget.ts'
import { workerEnvironment } from '../worker/worker-environment.ts'
import { WorkerOutput } from '../worker/worker-output.ts'
import type { ServiceSpec } from './service-spec.ts'

export interface ServiceOptions {
  readonly spec: ServiceSpec
  /** Whom it runs as; null: who we are. */
  readonly identity: Identity | null
  /** The supervisor's own environment, of which a service gets what a worker gets. */
  readonly inherited: Readonly<Record<string, string | undefined>>
  readonly keeper: Keeper
  readonly log: Log
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

// What it wrote before it ended is in the pipes already; only something it left behind keeps them open longer.
const afterExitMs = 250

export class Service {
  readonly #options: ServiceOptions
  readonly #restart = new Deadline()
  readonly #ending = new Deadline()
  readonly #stopped: (() => void)[] = []
  #child: ChildProcess | null = null
  /** 0 while none runs: of one that has ended, the last words may be awaited still. */
  #pid = 0
  #startedAt = 0
  /** Short lives in a row. */
  #failures = 0
  #restarts = 0
  #stopping = false

  constructor(options: ServiceOptions) {
    this.#options = options
  }

  /** 0 while it is not running. */
  get pid(): number {
    return this.#pid
  }

  start(): void {
    if (this.#child !== null || this.#stopping) return
    const { log, clock, keeper } = this.#options
    this.#startedAt = clock()
    const child = this.#spawn()
    if (!(child instanceof Error)) {
      this.#child = child
      child.on('error', (error) => {
        // Also reported for signals that could not be sent; only a process that never was ends here.
        if (child.pid === undefined) this.#onSpawnError(error)
      })
      if (child.pid === undefined) return
      this.#pid = child.pid
      keeper.add(child.pid)
      const facts = this.#facts(child.pid)
      const output = new WorkerOutput(facts, log, clock, outputLimits)
      if (child.stdout !== null) output.read('stdout', child.stdout)
      if (child.stderr !== null) output.read('stderr', child.stderr)
      log.info('service.start', facts)
      child.on('exit', (code, signal) => this.#onExit(child, { code, signal }, output))
    } else process.nextTick(() => this.#onSpawnError(child))
  }

  /**
   * Asks it to end, and kills its group after its stop_time, or at once with `now`. Resolves when it has ended.
   * May be asked again.
   */
  stop(how: 'finish' | 'now'): Promise<void> {
    const first = !this.#stopping
    this.#stopping = true
    this.#restart.clear()
    if (this.#child === null) return Promise.resolve()
    const { stop_time: stopMs, stop_signal: signal } = this.#options.spec
    const ended = new Promise<void>((resolve) => this.#stopped.push(resolve))
    if (how === 'now' || stopMs <= 0) killGroup(this.#pid)
    else if (first && this.#pid !== 0) {
      signalProcess(this.#pid, `SIG${signal}`)
      this.#ending.arm(stopMs, () => this.#kill())
    }
    return ended
  }

  #kill(): void {
    this.#options.log.warn('service.killed', { ...this.#facts(this.#pid), signal: 'SIGKILL' })
    killGroup(this.#pid)
  }

  #spawn(): ChildProcess | Error {
    const { spec, identity, inherited } = this.#options
    const [program = '', ...args] = spec.command
    const environment = workerEnvironment(
      { python: program, environment: spec.environment },
      { inherited, identity },
    )
    try {
      const start: Start = startAs(identity, program, args, environment)
      return spawn(start.file, start.arguments, {
        ...start.options,
        cwd: spec.directory,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  #onSpawnError(error: Error): void {
    const { spec, log } = this.#options
    this.#child = null
    const retryMs = this.#startLater()
    log.error(
      'service.failed',
      { service: spec.name, restarts: this.#restarts, retryMs },
      `The service "${spec.name}" cannot be started: ${whyNotSpawned(spec.command[0] ?? '', spec.directory, error)}`,
    )
    this.#resolveStopped()
  }

  #onExit(child: ChildProcess, exit: Exit, output: WorkerOutput): void {
    const pid = child.pid ?? 0
    this.#pid = 0
    this.#ending.clear()
    killGroup(pid)
    this.#options.keeper.remove(pid)
    const close = (): void => {
      waiting.clear()
      child.stdout?.destroy()
      child.stderr?.destroy()
      output.close()
      this.#ended(child, exit)
    }
    const waiting = new Deadline()
    waiting.arm(afterExitMs, close)
    child.once('close', close)
  }

  #ended(child: ChildProcess, exit: Exit): void {
    if (this.#child !== child) return
    const { spec, log } = this.#options
    this.#child = null
    const facts = {
      ...this.#facts(child.pid ?? 0),
      code: exit.code ?? undefined,
      signal: exit.signal ?? undefined,
    }
    if (this.#stopping) log.info('service.stopped', facts)
    else {
      const retryMs = this.#startLater()
      const text = `The service "${spec.name}" ${describeExit(exit)}`
      log.error('service.exited', { ...facts, restarts: this.#restarts, retryMs }, text)
    }
    this.#resolveStopped()
  }

  /** Plans the next start; undefined when none is to come. */
  #startLater(): number | undefined {
    if (this.#stopping) return undefined
    this.#failures = this.#options.clock() - this.#startedAt >= stableMs ? 0 : this.#failures + 1
    const delayMs = backoffMs(this.#failures)
    this.#restart.arm(delayMs, () => {
      this.#restarts += 1
      this.start()
    })
    return delayMs
  }

  #resolveStopped(): void {
    for (const resolve of this.#stopped.splice(0)) resolve()
  }

  #facts(pid: number): { service: string; pid: number } {
    return { service: this.#options.spec.name, pid }
  }
}

// The process from which the workers of one generation are forked (preload: true): an interpreter that has imported the
// application and takes no requests, led like a worker. Its side of the work is python/portico_worker/worker/preload.py.

import { existsSync } from 'node:fs'
import type { Log } from '../../log/log.ts'
import { describeExit, type Exit } from '../messages.ts'
import type { ForkNews, StartFailure } from './control-line.ts'
import { ForkedProcess } from './forked-process.ts'
import { PythonWorker } from './python-worker.ts'
import type { WorkerEnd, WorkerLaunch } from './worker-contract.ts'
import type { ProcessSink, ProcessSource, WorkerProcess } from './worker-process.ts'

export interface TemplateOptions {
  readonly launch: WorkerLaunch
  readonly log: Log
  readonly clock: () => number
  /** It has ended: nothing can be forked from it any more. */
  readonly ended: () => void
}

export class Template implements ProcessSource {
  readonly #options: TemplateOptions
  readonly #worker: PythonWorker
  /** By number of the worker. */
  readonly #forks = new Map<number, ForkedProcess>()
  #forking: ForkedProcess | undefined
  /** It is being killed. */
  #isGivenUp = false

  constructor(options: TemplateOptions) {
    const { launch, log, clock } = options
    this.#options = options
    const sink = {
      ready: (tookMs: number) => this.#onReady(tookMs),
      loaded: () => {},
      deadlocked: () => {
        this.#isGivenUp = true
      },
      fork: (news: ForkNews) => this.#onNews(news),
      exited: (exit: Exit, end: WorkerEnd) => this.#onExited(exit, end),
    }
    this.#worker = new PythonWorker(launch, sink, log, clock)
    log.info('template.start', this.#worker.facts)
  }

  /** Workers are forked from it, or wait for it. */
  get isUsed(): boolean {
    // One that was given up while it is forked is nobody's business any more: it ends by itself.
    return [...this.#forks.values()].some(({ isEnded }) => !isEnded)
  }

  /** Another worker can be forked from it. Not so when somebody has removed its socket: what it forked lives on. */
  get mayFork(): boolean {
    const { kind } = this.#worker.state
    return kind === 'starting' || (kind === 'ready' && !this.#isGivenUp && existsSync(this.#worker.address))
  }

  start(launch: WorkerLaunch, sink: ProcessSink): WorkerProcess {
    const fork = new ForkedProcess(launch, sink)
    this.#forks.set(launch.worker, fork)
    process.nextTick(() => this.#next())
    return fork
  }

  /** Nothing is forked any more; what was forked lives on. */
  stop(): void {
    this.#worker.stop(stopMs)
  }

  // One after the other: the connections that the template gets belong to the fork that it was told of last.
  #next(): void {
    this.#forget()
    if (this.#worker.state.kind !== 'ready' || this.#forking !== undefined) return
    const fork = [...this.#forks.values()].find(({ isWaiting }) => isWaiting)
    if (fork === undefined) return
    this.#forking = fork
    this.#worker.fork(fork.launch.worker)
    try {
      fork.hand(this.#worker.address)
    } catch (error) {
      this.#distrust(error instanceof Error ? error.message : String(error))
    }
  }

  #onReady(tookMs: number): void {
    this.#options.log.info('template.ready', { ...this.#worker.facts, tookMs: Math.round(tookMs) })
    this.#next()
  }

  #onNews(news: ForkNews): void {
    const fork = this.#forks.get(news.worker)
    if (fork === undefined) return
    if (news.kind === 'ended') fork.ended(news.exit)
    else if (this.#forking === fork) {
      this.#forking = undefined
      if (news.kind === 'not-forked') fork.notForked(this.#notForked(news.why))
      else if (!fork.forked(news.pid, this.#worker.pid))
        this.#distrust(`it says that it has forked process ${news.pid}, which is no child of it`)
    }
    this.#next()
  }

  #distrust(why: string): void {
    this.#isGivenUp = true
    this.#options.log.error(
      'internal.fault',
      this.#worker.facts,
      `The process that has the application preloaded is replaced: ${why}`,
    )
    this.#worker.kill()
  }

  #onExited(exit: Exit, end: WorkerEnd): void {
    if (end.kind === 'died') void this.#tellDeath(exit)
    this.#options.ended()
    const failure = end.kind === 'failed' ? end.failure : this.#notForked(`it ${describeExit(exit)}`)
    for (const fork of this.#forks.values()) fork.templateGone(failure)
  }

  async #tellDeath(exit: Exit): Promise<void> {
    const { facts, cause } = this.#worker
    const stack = await this.#worker.lastStack()
    const headline = `The process that had the application preloaded ${describeExit(exit)}; the workers go on, and the next one is forked from a new one`
    this.#options.log.error(
      'template.exited',
      { ...facts, code: exit.code ?? undefined, signal: exit.signal ?? undefined },
      [headline, cause, stack].filter((part) => part !== '').join('\n'),
    )
  }

  #forget(): void {
    for (const [worker, fork] of this.#forks)
      if (fork.isEnded && fork !== this.#forking) this.#forks.delete(worker)
  }

  #notForked(why: string): StartFailure {
    const { application } = this.#worker.facts
    return {
      reason: 'preload',
      message: `Cannot start application "${application}": no worker could be forked from the process that has it preloaded: ${why}`,
      hint: '',
      traceback: '',
    }
  }
}

/** It has nothing to finish. */
const stopMs = 1000

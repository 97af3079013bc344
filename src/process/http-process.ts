// Keeps one HTTP process alive: spawn with the listeners' descriptors, messages, restart after a crash.
// What the messages say is the server's affair; the HTTP process ends by itself when its channel to us
// closes.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Log } from '../log/log.ts'
import { backoffMs, stableMs } from './backoff.ts'
import { Deadline } from './deadline.ts'
import { describeExit, type Exit } from './messages.ts'
import { killGroup, signalProcess } from './process-group.ts'

export interface HttpProcessOptions {
  /** Path of the module that the process runs. */
  readonly entry: string
  readonly arguments?: readonly string[]
  /** Options for Node itself. */
  readonly nodeArguments?: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Listening sockets; the process finds them from descriptor 4 on, in this order. */
  readonly descriptors: readonly number[]
  /** Whom it runs as; needs root. */
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly log: Log
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

export interface HttpProcessSink {
  /** A new process runs and knows nothing yet: send it what it needs. */
  started(pid: number): void
  message(message: unknown): void
  /** `planned`: stop or kill had been asked for; otherwise a new one starts. */
  exited(exit: Exit, planned: boolean): void
}

export class HttpProcess {
  readonly #options: HttpProcessOptions
  readonly #sink: HttpProcessSink
  readonly #restart = new Deadline()
  readonly #ending = new Deadline()
  readonly #stopped: (() => void)[] = []
  #child: ChildProcess | null = null
  #startedAt = 0
  #failures = 0
  #stopping = false

  constructor(options: HttpProcessOptions, sink: HttpProcessSink) {
    this.#options = options
    this.#sink = sink
  }

  /** 0 while none runs. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }

  start(): void {
    if (this.#child !== null || this.#stopping) return
    const { entry, environment, descriptors, user } = this.#options
    const nodeArguments = this.#options.nodeArguments ?? []
    this.#startedAt = this.#options.clock()
    const child = spawn(process.execPath, [...nodeArguments, entry, ...(this.#options.arguments ?? [])], {
      // Its own group: Ctrl-C at the terminal reaches the supervisor alone, which stops things in order.
      detached: true,
      env: { ...environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...descriptors],
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    })
    this.#child = child
    child.on('message', (message: unknown) => this.#sink.message(message))
    child.on('exit', (code, signal) => this.#onExit(child, { code, signal }))
    child.on('error', (error) => this.#onError(child, error))
    if (child.pid === undefined) return
    this.#options.log.debug('http.start', { pid: child.pid })
    this.#sink.started(child.pid)
  }

  /** False when no process takes it now; the next one is told everything in `started`. */
  send(message: object): boolean {
    const child = this.#child
    if (child === null || !child.connected) return false
    // The callback takes what goes wrong (EPIPE, channel closed): the exit of the process tells the same.
    child.send(message, () => {})
    return true
  }

  /**
   * Asks the process to finish, by `message` or else by SIGTERM, and kills it and its group after
   * `deadlineMs`. Resolves when it has exited. 0 kills at once. May be asked again with a shorter deadline.
   */
  stop(deadlineMs: number, message?: object): Promise<void> {
    this.#stopping = true
    this.#restart.clear()
    const pid = this.pid
    if (pid === 0) return Promise.resolve()
    if (deadlineMs > 0 && (message === undefined || !this.send(message))) signalProcess(pid, 'SIGTERM')
    if (deadlineMs <= 0) killGroup(pid)
    else this.#ending.arm(deadlineMs, () => killGroup(pid))
    return new Promise((resolve) => this.#stopped.push(resolve))
  }

  #onError(child: ChildProcess, error: Error): void {
    // Also reported for messages that could not be sent; only a process that never was ends here.
    if (child.pid !== undefined) return
    this.#options.log.error('http.exited', {}, `The HTTP process could not be started: ${error.message}`)
    this.#onExit(child, { code: null, signal: null })
  }

  #onExit(child: ChildProcess, exit: Exit): void {
    if (this.#child !== child) return
    this.#child = null
    this.#ending.clear()
    if (child.pid !== undefined) killGroup(child.pid)
    const planned = this.#stopping
    if (!planned) this.#restartLater(child.pid, exit)
    this.#sink.exited(exit, planned)
    for (const resolve of this.#stopped.splice(0)) resolve()
  }

  #restartLater(pid: number | undefined, exit: Exit): void {
    const { log, clock } = this.#options
    this.#failures = clock() - this.#startedAt >= stableMs ? 1 : this.#failures + 1
    const delayMs = backoffMs(this.#failures - 1)
    if (pid !== undefined) {
      const facts = { pid, code: exit.code ?? undefined, signal: exit.signal ?? undefined, retryMs: delayMs }
      log.error('http.exited', facts, `The HTTP process ${describeExit(exit)}`)
    }
    this.#restart.arm(delayMs, () => this.start())
  }
}

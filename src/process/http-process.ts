// Keeps one HTTP process alive: spawn with the listeners' descriptors, messages, restart after a crash.
// What the messages say is the server's affair; the HTTP process ends by itself when its channel to us
// closes.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Log } from '../log/log.ts'
import { backoffMs, stableMs } from './backoff.ts'
import { Deadline } from './deadline.ts'
import type { Identity } from './identity/identity.ts'
import { startAs } from './identity/start-as.ts'
import { describeExit, type Exit } from './messages.ts'
import { InterpreterOutput } from './python/interpreter-output.ts'
import { killGroup, signalProcess } from './system/process-group.ts'

export interface HttpProcessOptions {
  /** Path of the module that the process runs. */
  readonly entry: string
  readonly arguments?: readonly string[]
  /** Options for Node itself. */
  readonly nodeArguments?: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Listening sockets; the process finds them where `inherited` says, in this order. */
  readonly descriptors: readonly number[]
  /** Whom it runs as; needs root. Null, the default: who we are. */
  readonly identity?: Identity | null
  /**
   * Names of the applications that live in it. Standard output and error are theirs then and go to the log; ours are
   * elsewhere, as `inherited` says.
   */
  readonly embedded?: string
  readonly log: Log
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

export interface HttpProcessSink {
  /** A new process runs and knows nothing yet: send it what it needs. */
  started(pid: number): void
  message(message: unknown): void
  /**
   * `planned`: stop or kill had been asked for; otherwise a new one starts. `said` is what an interpreter wrote about its
   * crash, '' when there was none.
   */
  exited(exit: Exit, planned: boolean, said: string): void
}

/** Which descriptors an HTTP process finds what in: 0 to 2 and the channel come first, then the listeners. */
export interface Inherited {
  readonly listeners: readonly number[]
  /** Where an interpreter writes its stack when it crashes, and our own output and error; undefined without one. */
  readonly embedded: { readonly crash: number; readonly output: number; readonly error: number } | undefined
}

const firstListenerFd = 4

export function inherited(listeners: number, embeds: boolean): Inherited {
  const behind = firstListenerFd + listeners
  return {
    listeners: Array.from({ length: listeners }, (_, i) => firstListenerFd + i),
    embedded: embeds ? { crash: behind, output: behind + 1, error: behind + 2 } : undefined,
  }
}

/** A request that crashes it costs everybody the site: the next start of one that has served waits no longer than this. */
const provedDelayMs = 1000

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
  #proved = false

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
    const { entry, environment, descriptors, identity, embedded, log, clock } = this.#options
    const nodeArguments = this.#options.nodeArguments ?? []
    const standard = embedded === undefined ? 'inherit' : 'pipe'
    this.#startedAt = clock()
    this.#proved = false
    const args = [...nodeArguments, entry, ...(this.#options.arguments ?? [])]
    const start = startAs(identity ?? null, process.execPath, args, environment)
    const child = spawn(start.file, start.arguments, {
      ...start.options,
      // Its own group: Ctrl-C at the terminal reaches the supervisor alone, which stops things in order.
      detached: true,
      stdio: [
        'ignore',
        standard,
        standard,
        'ipc',
        ...descriptors,
        ...(embedded === undefined ? [] : ['pipe' as const, 1, 2]),
      ],
    })
    this.#child = child
    const crash = inherited(descriptors.length, embedded !== undefined).embedded?.crash
    const output =
      embedded === undefined || crash === undefined || child.pid === undefined
        ? undefined
        : new InterpreterOutput(child, crash, embedded, log, clock)
    child.on('message', (message: unknown) => this.#sink.message(message))
    child.on('exit', (code, signal) => void this.#onExit(child, { code, signal }, output))
    child.on('error', (error) => this.#onError(child, error))
    if (child.pid === undefined) return
    log.debug('http.start', { pid: child.pid })
    this.#sink.started(child.pid)
  }

  /** It has come as far as serving: if it ends now, that is no reason to wait long before the next start. */
  proved(): void {
    this.#proved = true
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
    void this.#onExit(child, { code: null, signal: null })
  }

  async #onExit(child: ChildProcess, exit: Exit, output?: InterpreterOutput): Promise<void> {
    if (this.#child !== child) return
    this.#child = null
    this.#ending.clear()
    if (child.pid !== undefined) killGroup(child.pid)
    const planned = this.#stopping
    const stopped = this.#stopped.splice(0)
    // By then its last messages have been heard, too; and it may have been stopped meanwhile.
    const said = (await output?.ended()) ?? ''
    const retryMs = this.#stopping ? undefined : this.#restartLater()
    if (child.pid !== undefined && (!planned || said !== '')) {
      const facts = {
        pid: child.pid,
        code: exit.code ?? undefined,
        signal: exit.signal ?? undefined,
        retryMs,
      }
      const text = `The HTTP process ${describeExit(exit)}`
      this.#options.log.error('http.exited', facts, said === '' ? text : `${text}\n${said}`)
    }
    this.#sink.exited(exit, planned, said)
    for (const resolve of stopped) resolve()
  }

  #restartLater(): number {
    const { clock } = this.#options
    this.#failures = clock() - this.#startedAt >= stableMs ? 1 : this.#failures + 1
    const delayMs = Math.min(backoffMs(this.#failures - 1), this.#proved ? provedDelayMs : Infinity)
    this.#restart.arm(delayMs, () => this.start())
    return delayMs
  }
}

// The embedded applications of an HTTP process: one interpreter for all of them, their backends fed by what it says.

import { Socket, type SocketConstructorOpts } from 'node:net'
import { EmbeddedInterpreter, type Loaded } from '../backend/embedded/interpreter.ts'
import type { OpenConnection } from '../backend/slot.ts'
import type { SupervisedBackend } from '../backend/supervised.ts'
import { monotonicMs } from '../clock.ts'
import type { Application } from '../config/effective.ts'
import { PorticoError } from '../failure.ts'
import type { StopHow } from '../listener/http-server.ts'
import type { Log } from '../log/log.ts'
import type { Publication, WorkerStuck, WorkerWorn } from '../process/messages.ts'
import { sayWorn, type Wear, type WearState, wearOf } from '../process/wear.ts'
import type { StartFailure, ThreadStack } from '../process/worker/control-line.ts'
import { isEmbedded } from './embedding.ts'
import type { StartMessage } from './messages.ts'
import { packagePath } from './package-path.ts'
import { serverSoftware } from './version.ts'

export interface EmbeddedNews {
  /** The application is about to be imported; resolves when that has been said. */
  importing(application: string): Promise<void>
  /**
   * What became of an application. After a failure it resolves when this process is to serve all the same: one that was to
   * take the place of another which has loaded it must not answer for a moment before it is ended.
   */
  loaded(application: string, failure: StartFailure | undefined): Promise<void>
  /** Another process is to take the place of this one. */
  replace(application: string, how: StopHow): void
}

/** How long a thread may take to come back after its request was interrupted. */
const interruptMs = 5000
/** A process that was to take over and could not start is asked for again. */
const askAgainMs = 10_000
/** How often it is looked how old the process is and how much memory it has. */
const wearCheckMs = 1000

export class EmbeddedApplications {
  readonly #applications: readonly Application[]
  readonly #log: Log
  readonly #news: EmbeddedNews
  readonly #leftOut: ReadonlyMap<string, StartFailure>
  #interpreter: EmbeddedInterpreter | undefined
  #failure: StartFailure | undefined
  /** Requests that nobody waits for, in the order of `dueMs`, when their threads are interrupted. */
  readonly #abandoned = new Map<string, { readonly request: string; readonly dueMs: number }[]>()
  #askedMs = Number.NEGATIVE_INFINITY
  #worn: { readonly application: string; readonly wear: Wear } | undefined
  #wearCheckedMs = 0
  /** When all that is to be imported was. */
  #readyMs = 0

  /** Starts the interpreter when an application is embedded; what keeps it from that becomes their failure. */
  constructor(start: StartMessage, log: Log, news: EmbeddedNews) {
    this.#applications = start.effective.applications.filter(isEmbedded)
    this.#log = log
    this.#news = news
    this.#leftOut = new Map(start.leftOut)
    const first = this.#applications.find(({ name }) => !this.#leftOut.has(name))
    if (first === undefined) return
    try {
      // Relative paths of an application lead somewhere sensible as long as there is one directory to choose.
      process.chdir(first.directory)
      this.#interpreter = new EmbeddedInterpreter({
        library: first.libpython ?? '',
        program: first.python,
        packagePath,
        crashDescriptor: start.crashDescriptor,
        log,
      })
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      this.#failure = { reason: 'interpreter', message, hint: 'Set mode: daemon', traceback: '' }
    }
  }

  /** Whether an application lives in this process. */
  has(application: string): boolean {
    return this.#applications.some(({ name }) => name === application)
  }

  /** How connections to the threads of an application are made. */
  connect(application: string): OpenConnection {
    return (onread) => {
      const line = this.#interpreter?.connect(application)
      if (line === undefined) throw new Error('there is no interpreter')
      // The types of Node 20 know onread for connect() only; the constructor is where it is handled.
      const options = { fd: line.descriptor, readable: true, writable: true, onread } as SocketConstructorOpts
      return {
        socket: new Socket(options),
        ...(line.shortcut === undefined ? {} : { shortcut: line.shortcut }),
      }
    }
  }

  /** Imports the applications, one after the other; resolves when it is known of all what became of them. */
  async load(backends: ReadonlyMap<string, SupervisedBackend>): Promise<void> {
    for (const application of this.#applications) {
      const failure = await this.#load(application)
      backends.get(application.name)?.update(publicationOf(application, failure))
      await this.#news.loaded(application.name, failure)
    }
    this.#readyMs = monotonicMs()
  }

  /** A request exceeded request_time: raises in its thread, and says what it was doing. */
  stuck({ application, request }: WorkerStuck): boolean {
    if (!this.has(application)) return false
    if (request !== '') this.#interpreter?.interrupt(application, request)
    return true
  }

  /** Somebody ends a request: raises in its thread; nothing when its application is not here. */
  interrupt(application: string, request: string, by: string): void {
    if (!this.#applications.some(({ name }) => name === application)) return
    this.#interpreter?.interrupt(application, request, by)
  }

  /** What the threads of the interpreter do; nothing when there is none. */
  stacks(): Promise<readonly ThreadStack[]> {
    return this.#interpreter?.stacks() ?? Promise.resolve([])
  }

  /** Its client has gone, but the thread gets the time that it would have had. */
  abandoned(application: string, request: string, dueMs: number): void {
    const waiting = this.#abandoned.get(application)
    if (waiting === undefined) this.#abandoned.set(application, [{ request, dueMs }])
    else waiting.push({ request, dueMs })
  }

  sweep(nowMs: number, backends: ReadonlyMap<string, SupervisedBackend>): void {
    this.#interruptAbandoned(nowMs)
    this.#interpreter?.sweep()
    this.#checkWear(nowMs)
    if (nowMs - this.#askedMs < askAgainMs) return
    if (this.#worn !== undefined) {
      this.#askedMs = nowMs
      this.#news.replace(this.#worn.application, 'drain')
      return
    }
    for (const { name } of this.#applications) {
      if (backends.get(name)?.exhausted(nowMs, interruptMs) !== true) continue
      if (this.#askedMs === Number.NEGATIVE_INFINITY) {
        const text = 'No thread of this embedded application comes back; the HTTP process is replaced'
        this.#log.error('worker.stuck', { application: name, pid: process.pid }, text)
      }
      this.#askedMs = nowMs
      // Another process answers what comes from now on; here nobody will.
      const reason = 'no thread of the embedded application comes back'
      backends
        .get(name)
        ?.giveUp(new PorticoError('E_BACKEND_FAILED', undefined, { application: name, reason }))
      this.#news.replace(name, 'finish')
    }
  }

  /** An application has had as many requests as it gets from this process. */
  worn({ application }: WorkerWorn): boolean {
    if (!this.has(application)) return false
    this.#wearOut(application, 'requests', undefined)
    return true
  }

  /** Lets the applications end; the process must end by `exit` then. */
  async stop(deadlineMs: number): Promise<void> {
    await this.#interpreter?.stop(deadlineMs)
  }

  /** Ends the process: with threads of Python in it there is no other way that is sure to end. */
  exit(code: number): never {
    this.#interpreter?.exit(code)
    process.exit(code)
  }

  // Age and memory are those of the whole process: the applications share it.
  #checkWear(nowMs: number): void {
    if (this.#worn !== undefined || nowMs - this.#wearCheckedMs < wearCheckMs) return
    if (this.#readyMs === 0) return
    this.#wearCheckedMs = nowMs
    const limited = this.#applications.filter(({ limits }) => limits.age > 0 || limits.memory > 0)
    if (limited.length === 0) return
    const state = { ageMs: nowMs - this.#readyMs, memoryBytes: process.memoryUsage.rss() }
    for (const { name, limits } of limited) {
      const wear = wearOf(limits, 0, state)
      if (wear !== undefined) this.#wearOut(name, wear, state)
    }
  }

  #wearOut(application: string, wear: Wear, state: WearState | undefined): void {
    if (this.#worn !== undefined) return
    this.#worn = { application, wear }
    sayWorn(this.#log, { application, pid: process.pid }, wear, state)
  }

  #interruptAbandoned(nowMs: number): void {
    for (const [application, waiting] of this.#abandoned) {
      const due = waiting.findIndex(({ dueMs }) => dueMs > nowMs)
      const over = waiting.splice(0, due < 0 ? waiting.length : due)
      // Of a request that has ended in the meantime no thread is found.
      for (const { request } of over) this.#interpreter?.interrupt(application, request)
    }
  }

  async #load(application: Application): Promise<Loaded> {
    const { name, wsgi, directory, threads, environment, limits } = application
    const crashes = this.#leftOut.get(name)
    if (crashes !== undefined) return crashes
    if (this.#interpreter === undefined) {
      const failure = this.#failure
      if (failure !== undefined) this.#log.error('worker.failed', { application: name }, failure.message)
      return failure
    }
    const settings = {
      application: name,
      wsgi,
      directory,
      threads,
      environment,
      server_software: serverSoftware(),
      multiprocess: false,
      health: application.health,
    }
    await this.#news.importing(name)
    return this.#interpreter.load(settings, limits.startup_time)
  }
}

function publicationOf({ name, threads }: Application, failure: Loaded): Publication {
  if (failure !== undefined) {
    const reason = failure.message.split('\n', 1)[0] ?? ''
    return { application: name, state: { kind: 'failed', reason, retryMs: 0 }, endpoints: [] }
  }
  // No daemon has this number, be it one that the same application was before.
  const endpoint = { worker: 0, pid: process.pid, address: '', slots: threads, generation: 1 }
  return { application: name, state: { kind: 'ready' }, endpoints: [endpoint] }
}

// The supervisor: binds the listeners, keeps the HTTP process and the workers alive, passes on what each must know,
// and stops everything in order. Parses nothing from the network.

import { monotonicMs } from '../clock.ts'
import { defaultBacklog } from '../config/defaults.ts'
import type { Effective } from '../config/effective.ts'
import type { ErrorLog } from '../log/error-log.ts'
import { inherited } from '../process/http-process.ts'
import { type BoundListener, bindListener } from '../process/listener-handles.ts'
import { type HttpAccount, httpAccount, socketAccess } from './accounts.ts'
import { Applications, type FirstStarts } from './applications.ts'
import { embeds, httpEnvironment, isEmbedded } from './embedding.ts'
import { exitGraceMs, HttpProcesses } from './http-processes.ts'
import { listenerUrl } from './listener-url.ts'
import type { LeftOut, StartMessage, ToHttpProcess, WorkerNewsMessage } from './messages.ts'
import { openErrorLog, usualStandard } from './open-logs.ts'
import { httpFilesProblem } from './own-files.ts'
import type { StartProblem } from './start-problem.ts'

type Bound = Extract<BoundListener, { kind: 'ok' }>

export interface SupervisorOptions {
  /** Development: applications follow their code. */
  readonly reload: boolean
  /** The configuration as it stands on disk now; undefined, having said why, when it has become bad. */
  readonly reread: () => Effective | undefined
}

/** What a worker gets for its exit handlers when the requests have used up stop_time. */
const lastWordsMs = 1000

export class Supervisor {
  readonly #effective: Effective
  readonly #log: ErrorLog
  readonly #listeners: Bound[] = []
  readonly #options: SupervisorOptions
  readonly #applications: Applications
  #http: HttpProcesses | undefined
  #account: HttpAccount | undefined
  #stopped: Promise<void> | undefined
  #cutOff: Promise<void> | undefined
  #started = false
  #ended: Promise<void> | undefined

  /** Throws when the error log cannot be opened. */
  constructor(effective: Effective, options: SupervisorOptions) {
    this.#effective = effective
    this.#options = options
    this.#log = openErrorLog(effective)
    this.#applications = new Applications({
      effective,
      ...options,
      log: this.#log,
      tellHttp: (message) => this.#tellHttp(message),
    })
  }

  /** The listeners as bound: a port of 0 has become a real one. */
  get addresses(): readonly string[] {
    return this.#listeners.map(({ bound }) => listenerUrl(bound))
  }

  get log(): ErrorLog {
    return this.#log
  }

  /** Binds, starts the workers and the HTTP process. Resolves when it listens, or with what is in the way. */
  async start(): Promise<StartProblem | undefined> {
    const problem = (await this.#bind()) ?? (await this.#startApplications()) ?? (await this.#startHttp())
    this.#started = problem === undefined
    return problem
  }

  /** What became of the first worker of each application. */
  firstStarts(): Promise<FirstStarts[]> {
    return this.#applications.firstStarts()
  }

  reopenLogs(): void {
    this.#log.reopen()
    this.#tellHttp({ kind: 'reopen-logs' })
  }

  /** Finishes what runs within stop_time, then ends everything. Called again with `now`, ends it at once. */
  stop(how: 'finish' | 'now'): Promise<void> {
    if (how === 'now') {
      this.#cutOff ??= this.#stopNow()
      return this.#cutOff
    }
    this.#stopped ??= this.#finish()
    return this.#stopped
  }

  async #bind(): Promise<StartProblem | undefined> {
    for (const listen of this.#effective.listen) {
      const access = socketAccess(listen)
      const bound = access.kind === 'bad' ? access : await bindListener(listen, access.access)
      if (bound.kind === 'bad') {
        this.#closeListeners()
        return bound
      }
      this.#listeners.push(bound)
    }
    return undefined
  }

  #startApplications(): Promise<StartProblem | undefined> {
    const account = httpAccount(this.#effective)
    if (account.kind === 'bad') return Promise.resolve(account)
    const unreadable = httpFilesProblem(account.identity)
    if (unreadable !== undefined) return Promise.resolve(unreadable)
    this.#account = account
    return this.#applications.start(account)
  }

  #startHttp(): Promise<StartProblem | undefined> {
    const { applications } = this.#effective
    const embedded = applications.filter(isEmbedded)
    const identity = this.#account?.kind === 'ok' ? this.#account.identity : null
    this.#http = new HttpProcesses({
      environment: httpEnvironment(this.#effective, identity),
      descriptors: this.#listeners.map(({ fd }) => fd),
      identity,
      embedded: embedded.length === 0 ? undefined : embedded.map(({ name }) => name).join(','),
      log: this.#log,
      drainMs: Math.max(1000, ...applications.map(({ limits }) => limits.drain_time)),
      greeting: (leftOut) => this.#greeting(leftOut),
      hear: (message) => this.#hear(message),
    })
    return this.#http.start()
  }

  #greeting(leftOut: LeftOut): StartMessage {
    const { listeners, embedded } = inherited(this.#listeners.length, embeds(this.#effective))
    return {
      kind: 'start',
      effective: this.#effective,
      listeners: this.#listeners.map(({ bound }, i) => ({
        fd: listeners[i] ?? -1,
        port: bound.port,
        backlog: this.#effective.listen[i]?.backlog ?? defaultBacklog,
        proxyProtocol: this.#effective.listen[i]?.proxy_protocol ?? false,
      })),
      publications: this.#applications.publications,
      reload: this.#options.reload,
      crashDescriptor: embedded?.crash ?? -1,
      leftOut,
      standard: embedded ?? usualStandard,
    }
  }

  #hear(message: WorkerNewsMessage): void {
    switch (message.kind) {
      case 'stuck':
        this.#applications.stuck(message.stuck)
        break
      case 'worn':
        this.#applications.worn(message.worn)
        break
      case 'idle':
        this.#applications.idle(message.idle)
        break
      case 'loaded':
        this.#applications.loaded(message.application, message.failure)
        break
      default:
        message satisfies never
    }
  }

  #tellHttp(message: ToHttpProcess): void {
    this.#http?.tell(message)
  }

  async #finish(): Promise<void> {
    const beganMs = monotonicMs()
    const deadlineMs = Math.max(1000, ...this.#effective.applications.map(({ limits }) => limits.stop_time))
    this.#log.info('server.stop', { deadlineMs })
    const http = this.#http?.stop(deadlineMs + exitGraceMs, {
      kind: 'stop',
      deadlineMs,
      how: 'finish',
    })
    // As long as anybody holds a listening socket the system takes connections for it, and nobody answers them.
    this.#closeListeners()
    await http
    const tookMs = monotonicMs() - beganMs
    await this.#applications.stop(({ limits }) => Math.max(lastWordsMs, limits.stop_time - tookMs))
    await this.#end()
  }

  async #stopNow(): Promise<void> {
    if (this.#stopped !== undefined) {
      this.#log.warn('server.stop', { deadlineMs: 0 }, 'Asked again: what still runs is cut off')
    }
    await Promise.all([this.#http?.stop(0), this.#applications.stop(() => 0)])
    await this.#end()
  }

  #end(): Promise<void> {
    this.#closeListeners()
    this.#ended ??= this.#closeLog()
    return this.#ended
  }

  #closeLog(): Promise<void> {
    this.#applications.removeDirectories()
    if (this.#started) this.#log.info('server.stopped')
    return this.#log.close()
  }

  #closeListeners(): void {
    for (const listener of this.#listeners.splice(0)) listener.close()
  }
}

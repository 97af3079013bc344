// The supervisor: binds the listeners, keeps the HTTP process and the workers alive, passes on what each must know,
// and stops everything in order. Parses nothing from the network.

import { monotonicMs, wallClockMs } from '../clock.ts'
import type { Effective } from '../config/effective.ts'
import type { ErrorLog } from '../log/error-log.ts'
import { RecentLines } from '../log/recent-lines.ts'
import { Keeper } from '../process/system/keeper.ts'
import { type HttpAccount, httpAccount } from './accounts.ts'
import { Applications, type FirstStarts } from './applications.ts'
import { anotherServer, ControlSocket, controlSocketPath } from './control/control-socket.ts'
import { answerVerb, type ControlledServer } from './control/verbs.ts'
import { httpLaunch } from './http-launch.ts'
import { exitGraceMs, HttpProcesses } from './http-processes.ts'
import { listenerUrl } from './listener-url.ts'
import { Listeners } from './listeners.ts'
import { createLogFiles } from './log-files.ts'
import type { WorkerNewsMessage } from './messages.ts'
import { httpFilesProblem } from './own-files.ts'
import { loadAnew, type ReloadParts, type Reread } from './reload.ts'
import { type ReloadOutcome, ReloadQueue } from './reload-queue.ts'
import { RestartFiles } from './restart-files.ts'
import { RuntimeWatch } from './runtime-watch.ts'
import { Services } from './services.ts'
import type { StartProblem } from './start-problem.ts'
import { SwitchedLog } from './switched-log.ts'

export interface SupervisorOptions {
  /** Development: applications follow their code. */
  readonly reload: boolean
  readonly reread: () => Reread
  /** A line for whoever has started the server. */
  readonly say: (line: string) => void
}

/** What a worker gets for its exit handlers when the requests have used up stop_time. */
const lastWordsMs = 1000

export class Supervisor {
  readonly #log: SwitchedLog
  readonly #listeners = new Listeners()
  readonly #options: SupervisorOptions
  readonly #applications: Applications
  readonly #services: Services
  /** Of whatever watches no lifeline: services, and programs of applications. */
  readonly #keeper: Keeper
  readonly #reloads = new ReloadQueue((application) => this.#reload(application))
  readonly #restartFiles = new RestartFiles((application) => void this.reload('restart.txt', application))
  #effective: Effective
  readonly #recent = new RecentLines()
  /** Of HTTP processes that have ended. */
  readonly #inherited = new RecentLines()
  readonly #startedMs = wallClockMs()
  #control: ControlSocket | undefined
  #runtimeWatch: RuntimeWatch | undefined
  #http: HttpProcesses | undefined
  #account: Extract<HttpAccount, { kind: 'ok' }> | undefined
  #starting: Promise<StartProblem | undefined> | undefined
  #stopped: Promise<void> | undefined
  #cutOff: Promise<void> | undefined
  #started = false
  #isStopping = false
  #ended: Promise<void> | undefined
  #resolveEnded: () => void = () => {}
  /** Resolves when everything has ended, whoever asked for it. */
  readonly ended = new Promise<void>((resolve) => {
    this.#resolveEnded = resolve
  })

  /** Throws when the error log cannot be opened. */
  constructor(effective: Effective, options: SupervisorOptions) {
    this.#effective = effective
    this.#options = options
    createLogFiles(effective)
    this.#log = new SwitchedLog(effective, this.#recent)
    this.#keeper = new Keeper(this.#log, monotonicMs)
    this.#services = new Services(this.#log, this.#keeper)
    this.#applications = new Applications({
      reload: options.reload,
      reread: () => this.#reread(),
      log: this.#log,
      keeper: this.#keeper,
      tellHttp: (message) => this.#http?.tell(message) ?? 0,
    })
  }

  /** The listeners as bound: a port of 0 has become a real one. */
  get addresses(): readonly string[] {
    return this.#listeners.all.map(({ socket }) => listenerUrl(socket.bound))
  }

  get log(): ErrorLog {
    return this.#log
  }

  /** Binds, starts the workers and the HTTP process. Resolves when it listens, or with what is in the way. */
  async start(): Promise<StartProblem | undefined> {
    this.#starting = this.#start()
    const problem = await this.#starting
    this.#started = problem === undefined
    if (this.#started) this.#works()
    return problem
  }

  /** What became of the first worker of each application. */
  firstStarts(): Promise<FirstStarts[]> {
    return this.#applications.firstStarts()
  }

  /**
   * Loads the configuration anew and starts its applications with the code that is on disk now, or the code of one
   * application alone. Whatever fails leaves what it was to take the place of. One reload runs at a time.
   * @param cause for the log
   */
  async reload(cause: string, application?: string): Promise<ReloadOutcome> {
    const beganMs = monotonicMs()
    if ((await this.#starting) !== undefined || this.#isStopping) return refusedNow
    const outcome = await this.#reloads.ask(application)
    const tookMs = Math.round(monotonicMs() - beganMs)
    const text = outcome.lines.join('\n')
    if (outcome.kind === 'done') this.#log.info('server.reloaded', { cause, application, tookMs }, text)
    else this.#log.error('server.reload_refused', { cause, application, tookMs }, text)
    return outcome
  }

  reopenLogs(): void {
    createLogFiles(this.#effective)
    this.#log.reopen()
    this.#http?.tell({ kind: 'reopen-logs' })
  }

  /** Finishes what runs within stop_time, then ends everything. Called again with `now`, ends it at once. */
  stop(how: 'finish' | 'now'): Promise<void> {
    this.#isStopping = true
    this.#restartFiles.stop()
    if (how === 'now') {
      this.#cutOff ??= this.#stopNow()
      return this.#cutOff
    }
    this.#stopped ??= this.#finish()
    return this.#stopped
  }

  /** A stop was asked for. */
  get stopping(): boolean {
    return this.#isStopping
  }

  async #start(): Promise<StartProblem | undefined> {
    const bound = await this.#listeners.bind(this.#effective.listen)
    if (bound.kind === 'bad') return bound
    if (this.#isStopping) {
      this.#listeners.discard(bound.all)
      return stoppedMeanwhile
    }
    this.#listeners.adopt(bound.all)
    const account = httpAccount(this.#effective)
    if (account.kind === 'bad') return account
    const problem =
      httpFilesProblem(account.identity) ??
      (await anotherServer(this.#effective.runtime)) ??
      (await this.#applications.start(this.#effective, account)) ??
      (await this.#openControl())
    if (problem !== undefined) return problem
    if (this.#isStopping) {
      this.#control?.close()
      return stoppedMeanwhile
    }
    this.#account = account
    const launch = httpLaunch(this.#effective, this.#listeners.all, this.#launchContext)
    this.#http = new HttpProcesses(launch, {
      log: this.#log,
      hear: (message) => this.#hear(message),
      inherit: (pieces) => {
        for (const { text, wallMs } of pieces) this.#inherited.add(text, undefined, wallMs)
      },
    })
    return this.#http.start()
  }

  #openControl(): Promise<StartProblem | undefined> {
    const { supervisors } = this.#applications
    const server: ControlledServer = {
      facts: () => ({
        effective: this.#effective,
        addresses: this.addresses,
        startedMs: this.#startedMs,
        supervisors,
        services: this.#services.pids,
      }),
      supervisors,
      ask: async (question) => this.#http?.ask(question) ?? [],
      recent: this.#recent,
      inherited: this.#inherited,
      reload: (application) => this.reload('portico reload', application),
      stop: (how) => void this.stop(how),
    }
    const control = new ControlSocket(
      (request, conversation) => answerVerb(server, request, conversation),
      (error) => this.#log.error('internal.fault', {}, String(error)),
    )
    this.#control = control
    const { runtime } = this.#effective
    this.#runtimeWatch = new RuntimeWatch({
      path: controlSocketPath(runtime),
      restore: async () => {
        this.#applications.restoreDirectories()
        return control.reopen(runtime)
      },
      log: this.#log,
    })
    this.#runtimeWatch.start()
    return control.open(runtime)
  }

  async #reload(application: string | undefined): Promise<ReloadOutcome> {
    const http = this.#http
    const account = this.#account
    if (http === undefined || account === undefined || this.#isStopping) return refusedNow
    const parts: ReloadParts = {
      effective: this.#effective,
      account,
      applications: this.#applications,
      listeners: this.#listeners,
      log: this.#log,
      http,
      context: this.#launchContext,
      reread: this.#options.reread,
    }
    const result = await loadAnew(parts, application)
    if (result.effective !== undefined) {
      this.#effective = result.effective
      this.#works()
    }
    return result.outcome
  }

  /** The configuration is at work. */
  #works(): void {
    void this.#restartFiles.watch(this.#effective.applications)
    // Not before: a start that finds its port or its directory taken must not start what another server keeps already.
    // And without waiting for the workers: an application may need a service in order to be imported.
    this.#services.keep(this.#effective)
  }

  get #launchContext() {
    return {
      reload: this.#options.reload,
      identity: this.#account?.identity ?? null,
      publications: () => this.#applications.publications,
    }
  }

  #reread(): Effective | undefined {
    const again = this.#options.reread()
    if (again.kind === 'ok') return again.effective
    for (const line of again.lines) this.#options.say(line)
    return undefined
  }

  #hear(message: WorkerNewsMessage): void {
    switch (message.kind) {
      case 'stuck':
        this.#applications.stuck(message.stuck)
        break
      case 'worn':
        this.#applications.worn(message.worn)
        break
      case 'load':
        this.#applications.load(message.application, message.load)
        break
      case 'idle':
        this.#applications.idle(message.idle)
        break
      case 'held':
        this.#applications.held(message.held)
        break
      case 'loaded':
        this.#applications.loaded(message.application, message.failure)
        break
      default:
        message satisfies never
    }
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
    this.#listeners.close()
    await http
    const tookMs = monotonicMs() - beganMs
    await this.#applications.stop(({ limits }) => Math.max(lastWordsMs, limits.stop_time - tookMs))
    // Last, since requests that are finished may need them.
    await this.#services.stop('finish')
    await this.#end()
  }

  async #stopNow(): Promise<void> {
    if (this.#stopped !== undefined) {
      this.#log.warn('server.stop', { deadlineMs: 0 }, 'Asked again: what still runs is cut off')
    }
    await Promise.all([this.#http?.stop(0), this.#applications.stop(() => 0), this.#services.stop('now')])
    await this.#end()
  }

  #end(): Promise<void> {
    this.#listeners.close()
    this.#runtimeWatch?.stop()
    this.#control?.close()
    this.#keeper.close()
    this.#ended ??= this.#closeLog().then(this.#resolveEnded)
    return this.#ended
  }

  #closeLog(): Promise<void> {
    this.#applications.removeDirectories()
    if (this.#started) this.#log.info('server.stopped')
    return this.#log.close()
  }
}

const refusedNow: ReloadOutcome = {
  kind: 'refused',
  lines: ['The server is not running: it starts or stops'],
  stories: [],
}

const stoppedMeanwhile: StartProblem = { message: 'Stopped before it had started', hint: '' }

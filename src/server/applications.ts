// The applications of one configuration: their directories and accounts, a supervisor for each, and what the HTTP
// process and the workers tell each other.

import { monotonicMs } from '../clock.ts'
import type { Application, Effective } from '../config/effective.ts'
import type { Log } from '../log/log.ts'
import type { ApplicationSpec, WorkerPlace } from '../process/application-spec.ts'
import type { Identity } from '../process/identity/identity.ts'
import { losesGroups } from '../process/identity/start-as.ts'
import type {
  Load,
  Publication,
  WorkerHeld,
  WorkerIdle,
  WorkerStuck,
  WorkerWorn,
} from '../process/messages.ts'
import { isBoundByUs } from '../process/program/program-launch.ts'
import {
  openRuntimeDirectory,
  type RuntimeSpec,
  removeRuntimeDirectory,
  restoreRuntimeDirectory,
} from '../process/socket/runtime-directory.ts'
import type { FirstStart } from '../process/supervision.ts'
import { ApplicationSupervisor } from '../process/supervisor.ts'
import type { Keeper } from '../process/system/keeper.ts'
import type { StartFailure } from '../process/worker/control-line.ts'
import { isOfNode } from '../process/worker/worker-launch.ts'
import { accountFor, asWhom, type HttpAccount, type WorkerAccount } from './accounts.ts'
import { isEmbedded } from './embedding.ts'
import type { ToHttpProcess } from './messages.ts'
import { launcherFilesProblem, workerFilesProblem } from './own-files.ts'
import { launcherPath, packagePath } from './package-path.ts'
import type { StartProblem } from './start-problem.ts'
import { serverSoftware } from './version.ts'

type Environment = ApplicationSpec['environment']

export interface FirstStarts {
  readonly application: string
  readonly first: FirstStart
}

export interface ApplicationsOptions {
  /** Development: new code is started when the code changes. */
  readonly reload: boolean
  /** The configuration as it stands on disk now; undefined when it has become bad. */
  readonly reread: () => Effective | undefined
  readonly log: Log
  /** Ends programs when this process is killed. */
  readonly keeper: Keeper
  /** Returns how many HTTP processes take it. */
  readonly tellHttp: (message: ToHttpProcess) => number
}

/** What became of one application of a configuration that is being loaded. */
export interface Renewed {
  readonly application: string
  /** It was not there before. */
  readonly isNew: boolean
  readonly first: FirstStart
  /** Workers answer, be it with the code before. */
  readonly answers: boolean
}

const removedText =
  'It was removed while the server runs, and has been made again. A cleaner of temporary files does that: exclude it there, or set runtime: to another directory'

type Account = Extract<HttpAccount, { kind: 'ok' }>
type Prepared = { readonly kind: 'ok'; readonly places: ReadonlyMap<string, WorkerPlace> } | Bad
type Bad = StartProblem & { readonly kind: 'bad' }

export class Applications {
  readonly #options: ApplicationsOptions
  readonly #supervisors = new Map<string, ApplicationSupervisor>()
  /** Of a configuration before. */
  readonly #ending = new Set<ApplicationSupervisor>()
  #isStopping = false
  /** Embedded ones, which live in the HTTP process. */
  readonly #embedded = new Map<string, (first: FirstStart) => void>()
  readonly #embeddedStarts: Promise<FirstStarts>[] = []
  /** Of the configuration at work. */
  #applications: readonly Application[] = []
  /** Every directory that was made. */
  #runtime: RuntimeSpec | undefined
  #workerCount = 0

  constructor(options: ApplicationsOptions) {
    this.#options = options
  }

  /** Of the daemons, by name. */
  get supervisors(): ReadonlyMap<string, ApplicationSupervisor> {
    return this.#supervisors
  }

  get publications(): Publication[] {
    return [...this.#supervisors.values()].map(({ publication }) => publication)
  }

  /** Makes the directories and starts the first worker of each; resolves with what is in the way. */
  async start(effective: Effective, account: Account): Promise<StartProblem | undefined> {
    const prepared = await this.#prepare(effective, account)
    if (prepared.kind === 'bad') return prepared
    this.#applications = effective.applications
    for (const application of effective.applications) {
      const place = prepared.places.get(application.name)
      if (place === undefined) this.#expect(application.name)
      else this.#startOne(asWhom(application, effective), place)
    }
    return undefined
  }

  /**
   * Starts the applications of another configuration: those that are known as their next generation. Resolves when it is
   * known of all what became of them, or with what is in the way. `settle` or `undo` comes next.
   */
  async renew(effective: Effective, account: Account): Promise<readonly Renewed[] | Bad> {
    const prepared = await this.#prepare(effective, account)
    if (prepared.kind === 'bad') return prepared
    const daemons = effective.applications.flatMap((application) => {
      const place = prepared.places.get(application.name)
      return place === undefined ? [] : [{ spec: asWhom(application, effective), place }]
    })
    return Promise.all(
      daemons.map(async ({ spec, place }): Promise<Renewed> => {
        const known = this.#supervisors.get(spec.name)
        const first = await (known?.reload(spec, place) ?? this.#startOne(spec, place).firstStart)
        return this.#renewed(spec.name, known === undefined, first)
      }),
    )
  }

  /** Starts the next generation of one application; undefined when no daemon has that name. */
  async renewOne(application: string): Promise<Renewed | undefined> {
    const supervisor = this.#supervisors.get(application)
    if (supervisor === undefined) return undefined
    const spec = supervisor.application
    const environment = this.#environment(application, spec)
    const first = await supervisor.reload({ ...spec, environment })
    if (first.kind === 'ready') supervisor.release()
    else supervisor.takeBack()
    return this.#renewed(application, false, first)
  }

  /** The configuration is at work, and so is its code; what is not in it ends once nobody can ask for it any more. */
  async settle(effective: Effective, drained: Promise<void>): Promise<void> {
    this.#applications = effective.applications
    for (const supervisor of this.#supervisors.values()) supervisor.release()
    await drained
    await this.#endWhatIsLeft()
  }

  /** The configuration did not come to work: all goes on as before, and applications that only it has are ended. */
  undo(): Promise<void> {
    for (const supervisor of this.#supervisors.values()) supervisor.takeBack()
    return this.#endWhatIsLeft()
  }

  /** What became of the first worker of each application. */
  firstStarts(): Promise<FirstStarts[]> {
    const entries = [...this.#supervisors]
    return Promise.all([
      ...entries.map(async ([application, it]) => ({ application, first: await it.firstStart })),
      ...this.#embeddedStarts,
    ])
  }

  /** An HTTP process says what became of an embedded application. */
  loaded(application: string, failure: StartFailure | undefined): void {
    this.#embedded.get(application)?.(failure === undefined ? { kind: 'ready' } : { kind: 'failed', failure })
  }

  stuck(stuck: WorkerStuck): void {
    this.#supervisors.get(stuck.application)?.stuck(stuck)
  }

  held({ application, worker, ...held }: WorkerHeld): void {
    this.#supervisors.get(application)?.held(worker, held)
  }

  load(application: string, load: Load): void {
    this.#supervisors.get(application)?.load(load)
  }

  worn({ application, worker }: WorkerWorn): void {
    this.#supervisors.get(application)?.worn(worker)
  }

  idle({ application, worker }: WorkerIdle): void {
    this.#supervisors.get(application)?.idle(worker)
  }

  /** Resolves when all workers have exited. */
  async stop(deadlineMs: (application: ApplicationSpec) => number): Promise<void> {
    for (const known of this.#embedded.values()) known({ kind: 'stopped' })
    this.#isStopping = true
    const stops = [...this.#supervisors.values(), ...this.#ending].map((one) =>
      one.stop(deadlineMs(one.application)),
    )
    await Promise.all(stops)
  }

  /** Makes again what somebody has removed of the directories of sockets; throws, saying why, when that cannot be. */
  restoreDirectories(): void {
    if (this.#runtime === undefined) return
    const [first] = restoreRuntimeDirectory(this.#runtime)
    if (first !== undefined) this.#options.log.warn('runtime.removed', { path: first }, removedText)
  }

  removeDirectories(): void {
    if (this.#runtime !== undefined) removeRuntimeDirectory(this.#runtime)
  }

  #sayLost({ name, groups }: Identity): void {
    const facts = { user: name, groups: groups.join(',') }
    const text =
      'Without setpriv (package util-linux) a process gets no group but one: what only the others may read is closed to it'
    this.#options.log.warn('user.groups', facts, text)
  }

  #expect(application: string): void {
    const first = new Promise<FirstStart>((resolve) => this.#embedded.set(application, resolve))
    this.#embeddedStarts.push(first.then((it) => ({ application, first: it })))
  }

  /** Checks who they are and makes their directories. */
  async #prepare(effective: Effective, account: Account): Promise<Prepared> {
    const { applications, runtime } = effective
    const owners = applications.map((application) => accountFor(application, account))
    const bad = owners.find((owner) => owner.kind === 'bad')
    if (bad?.kind === 'bad') return bad
    const identities = distinct([account, ...owners])
    // Whoever runs a program of somebody else needs nothing of ours; who runs the HTTP processes is looked at elsewhere.
    const usersOf = (isIt: (one: Application) => boolean): readonly Identity[] =>
      distinct(owners.filter((_, i) => applications.slice(i, i + 1).some(isIt)))
    const unreadable = [
      ...usersOf((one) => one.program === null && !isOfNode(one)).map(workerFilesProblem),
      ...usersOf(isOfNode).map(launcherFilesProblem),
    ].find((problem) => problem !== undefined)
    if (unreadable !== undefined) return { kind: 'bad', ...unreadable }
    for (const identity of identities.filter(losesGroups)) this.#sayLost(identity)
    const spec: RuntimeSpec = {
      path: runtime,
      applications: applications.map((application, i) => ({
        name: application.name,
        uid: uidOf(owners[i]),
        isOurs: isBoundByUs(application),
        isRunning: this.#supervisors.has(application.name),
      })),
      httpGid: account.shared ? account.gid : null,
    }
    const directories = await openRuntimeDirectory(spec)
    if (directories.kind === 'bad') return directories
    if (this.#isStopping) return { kind: 'bad', message: 'The server is being stopped', hint: '' }
    this.#rememberDirectories(spec)
    const places = applications.flatMap((application, i) => {
      const owner = owners[i]
      const place: WorkerPlace = {
        packagePath,
        launcherPath,
        socketDirectory: directories.directories.get(application.name) ?? runtime,
        socketMode: directories.socketMode,
        serverSoftware: serverSoftware(),
        inherited: process.env,
        identity: owner?.kind === 'ok' ? owner.identity : null,
        restore: () => this.restoreDirectories(),
      }
      return isEmbedded(application) ? [] : [[application.name, place] as const]
    })
    return { kind: 'ok', places: new Map(places) }
  }

  #renewed(application: string, isNew: boolean, first: FirstStart): Renewed {
    const endpoints = this.#supervisors.get(application)?.publication.endpoints ?? []
    return { application, isNew, first, answers: endpoints.length > 0 }
  }

  #rememberDirectories(spec: RuntimeSpec): void {
    const earlier = this.#runtime?.applications ?? []
    const gone = earlier.filter(
      ({ name, isOurs }) => !spec.applications.some((one) => one.name === name && one.isOurs === isOurs),
    )
    this.#runtime = { ...spec, applications: [...spec.applications, ...gone] }
  }

  async #endWhatIsLeft(): Promise<void> {
    const daemons = this.#applications.filter((application) => !isEmbedded(application))
    const left = [...this.#supervisors].filter(([name]) => !daemons.some((one) => one.name === name))
    await Promise.all(
      left.map(async ([name, supervisor]) => {
        // The name is free at once: a reload may bring it back.
        this.#supervisors.delete(name)
        this.#ending.add(supervisor)
        await supervisor.stop(supervisor.application.limits.stop_time)
        this.#ending.delete(supervisor)
      }),
    )
  }

  #startOne(application: ApplicationSpec, place: WorkerPlace): ApplicationSupervisor {
    const { reload, log, keeper, tellHttp } = this.#options
    const supervisor = new ApplicationSupervisor(
      {
        application,
        place,
        generation: 1,
        reload: reload && application.launcher === null && application.program === null,
        reread: (current) => ({ ...current, environment: this.#environment(application.name, current) }),
        nextWorker: () => ++this.#workerCount,
        log,
        keeper,
        clock: monotonicMs,
      },
      {
        published: (publication) => tellHttp({ kind: 'publication', publication }),
        gone: (gone) => tellHttp({ kind: 'worker-gone', gone }),
      },
    )
    this.#supervisors.set(application.name, supervisor)
    supervisor.start()
    return supervisor
  }

  /** Its environment, anew when a file holds part of it; as it was when that file is bad now. */
  #environment(name: string, { environment, environment_file }: ApplicationSpec): Environment {
    if (environment_file === null) return environment
    const applications = this.#options.reread()?.applications ?? []
    return applications.find((one) => one.name === name)?.environment ?? environment
  }
}

/** Whom the processes of a server run as, each once. */
function distinct(accounts: readonly WorkerAccount[]): readonly Identity[] {
  const found = accounts.flatMap((account) => (account.kind === 'ok' ? (account.identity ?? []) : []))
  return [...new Map(found.map((identity) => [JSON.stringify(identity), identity])).values()]
}

function uidOf(owner: WorkerAccount | undefined): number {
  return owner?.kind === 'ok' ? owner.uid : (process.getuid?.() ?? 0)
}

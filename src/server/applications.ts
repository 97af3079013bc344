// The applications of one configuration: their directories and accounts, a supervisor for each, and what the HTTP
// process and the workers tell each other.

import { monotonicMs } from '../clock.ts'
import type { Application, Effective } from '../config/effective.ts'
import type { Log } from '../log/log.ts'
import type { ApplicationSpec, WorkerPlace } from '../process/application-spec.ts'
import type { StartFailure } from '../process/control-line.ts'
import type { Identity } from '../process/identity.ts'
import type { Publication, WorkerIdle, WorkerStuck, WorkerWorn } from '../process/messages.ts'
import {
  openRuntimeDirectory,
  type RuntimeSpec,
  removeRuntimeDirectory,
} from '../process/runtime-directory.ts'
import { losesGroups } from '../process/start-as.ts'
import type { FirstStart } from '../process/supervision.ts'
import { ApplicationSupervisor } from '../process/supervisor.ts'
import { accountFor, asWhom, type HttpAccount, type WorkerAccount } from './accounts.ts'
import { isEmbedded } from './embedding.ts'
import type { ToHttpProcess } from './messages.ts'
import { workerFilesProblem } from './own-files.ts'
import { packagePath } from './package-path.ts'
import type { StartProblem } from './start-problem.ts'
import { serverSoftware } from './version.ts'

type Environment = ApplicationSpec['environment']

export interface FirstStarts {
  readonly application: string
  readonly first: FirstStart
}

export interface ApplicationsOptions {
  readonly effective: Effective
  /** Development: new code is started when the code changes. */
  readonly reload: boolean
  /** The configuration as it stands on disk now; undefined when it has become bad. */
  readonly reread: () => Effective | undefined
  readonly log: Log
  readonly tellHttp: (message: ToHttpProcess) => void
}

export class Applications {
  readonly #options: ApplicationsOptions
  readonly #supervisors = new Map<string, ApplicationSupervisor>()
  /** Embedded ones, which live in the HTTP process. */
  readonly #embedded = new Map<string, (first: FirstStart) => void>()
  readonly #embeddedStarts: Promise<FirstStarts>[] = []
  /** Set once the directory is ours. */
  #runtime: RuntimeSpec | undefined
  #workerCount = 0

  constructor(options: ApplicationsOptions) {
    this.#options = options
  }

  get publications(): Publication[] {
    return [...this.#supervisors.values()].map(({ publication }) => publication)
  }

  /** Makes the directories and starts the first worker of each; resolves with what is in the way. */
  async start(account: Extract<HttpAccount, { kind: 'ok' }>): Promise<StartProblem | undefined> {
    const { applications, runtime } = this.#options.effective
    const owners = applications.map((application) => accountFor(application, account))
    const bad = owners.find((owner) => owner.kind === 'bad')
    if (bad?.kind === 'bad') return bad
    const identities = distinct([account, ...owners])
    const unreadable = identities.map(workerFilesProblem).find((problem) => problem !== undefined)
    if (unreadable !== undefined) return unreadable
    for (const identity of identities.filter(losesGroups)) this.#sayLost(identity)
    const spec: RuntimeSpec = {
      path: runtime,
      applications: applications.map((application, i) => ({ name: application.name, uid: uidOf(owners[i]) })),
      httpGid: account.shared ? account.gid : null,
    }
    const directories = await openRuntimeDirectory(spec)
    if (directories.kind === 'bad') return directories
    this.#runtime = spec
    for (const [i, application] of applications.entries()) {
      if (isEmbedded(application)) {
        this.#expect(application.name)
        continue
      }
      const owner = owners[i]
      this.#startOne(application, {
        packagePath,
        socketDirectory: directories.directories.get(application.name) ?? runtime,
        socketMode: directories.socketMode,
        serverSoftware: serverSoftware(),
        inherited: process.env,
        identity: owner?.kind === 'ok' ? owner.identity : null,
      })
    }
    return undefined
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

  worn({ application, worker }: WorkerWorn): void {
    this.#supervisors.get(application)?.worn(worker)
  }

  idle({ application, worker }: WorkerIdle): void {
    this.#supervisors.get(application)?.idle(worker)
  }

  /** Resolves when all workers have exited. */
  async stop(deadlineMs: (application: Application) => number): Promise<void> {
    const stops = this.#options.effective.applications.map((application) =>
      this.#supervisors.get(application.name)?.stop(deadlineMs(application)),
    )
    for (const known of this.#embedded.values()) known({ kind: 'stopped' })
    await Promise.all(stops)
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

  #startOne(application: Application, place: WorkerPlace): void {
    const { effective, reload, log, tellHttp } = this.#options
    const supervisor = new ApplicationSupervisor(
      {
        application: asWhom(application, effective),
        place,
        generation: 1,
        reload,
        reread: (current) => ({ ...current, environment: this.#environment(application.name, current) }),
        nextWorker: () => ++this.#workerCount,
        log,
        clock: monotonicMs,
      },
      {
        published: (publication) => tellHttp({ kind: 'publication', publication }),
        gone: (gone) => tellHttp({ kind: 'worker-gone', gone }),
      },
    )
    this.#supervisors.set(application.name, supervisor)
    supervisor.start()
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

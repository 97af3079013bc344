// The applications of one configuration: their directories and accounts, a supervisor for each, and what the HTTP
// process and the workers tell each other.

import { fileURLToPath } from 'node:url'
import { monotonicMs } from '../clock.ts'
import type { Application, Effective } from '../config/effective.ts'
import type { Log } from '../log/log.ts'
import type { WorkerPlace } from '../process/application-spec.ts'
import type { Publication, WorkerIdle, WorkerStuck } from '../process/messages.ts'
import {
  openRuntimeDirectory,
  type RuntimeSpec,
  removeRuntimeDirectory,
} from '../process/runtime-directory.ts'
import { ApplicationSupervisor, type FirstStart } from '../process/supervisor.ts'
import { accountFor, type HttpAccount } from './accounts.ts'
import type { ToHttpProcess } from './messages.ts'
import type { StartProblem } from './start-problem.ts'
import { serverSoftware } from './version.ts'

export interface FirstStarts {
  readonly application: string
  readonly first: FirstStart
}

export interface ApplicationsOptions {
  readonly effective: Effective
  /** Development: new code is started when the code changes. */
  readonly reload: boolean
  readonly log: Log
  readonly tellHttp: (message: ToHttpProcess) => void
}

const packagePath = fileURLToPath(new URL('../../python/portico_worker', import.meta.url))

export class Applications {
  readonly #options: ApplicationsOptions
  readonly #supervisors = new Map<string, ApplicationSupervisor>()
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
    const spec: RuntimeSpec = {
      path: runtime,
      applications: applications.map((application, i) => ({ name: application.name, uid: uidOf(owners[i]) })),
      httpGid: account.shared ? account.gid : null,
    }
    const directories = await openRuntimeDirectory(spec)
    if (directories.kind === 'bad') return directories
    this.#runtime = spec
    for (const [i, application] of applications.entries()) {
      const owner = owners[i]
      this.#startOne(application, {
        packagePath,
        socketDirectory: directories.directories.get(application.name) ?? runtime,
        socketMode: directories.socketMode,
        serverSoftware: serverSoftware(),
        inherited: process.env,
        home: owner?.kind === 'ok' ? owner.home : null,
      })
    }
    return undefined
  }

  /** What became of the first worker of each application. */
  firstStarts(): Promise<FirstStarts[]> {
    const entries = [...this.#supervisors]
    return Promise.all(
      entries.map(async ([application, it]) => ({ application, first: await it.firstStart })),
    )
  }

  stuck(stuck: WorkerStuck): void {
    this.#supervisors.get(stuck.application)?.stuck(stuck)
  }

  idle({ application, worker }: WorkerIdle): void {
    this.#supervisors.get(application)?.idle(worker)
  }

  /** Resolves when all workers have exited. */
  async stop(deadlineMs: (application: Application) => number): Promise<void> {
    const stops = this.#options.effective.applications.map((application) =>
      this.#supervisors.get(application.name)?.stop(deadlineMs(application)),
    )
    await Promise.all(stops)
  }

  removeDirectories(): void {
    if (this.#runtime !== undefined) removeRuntimeDirectory(this.#runtime)
  }

  #startOne(application: Application, place: WorkerPlace): void {
    const { effective, reload, log, tellHttp } = this.#options
    const { user, group } = effective
    // An application that names no user runs as the HTTP processes do, never as root because nobody said otherwise.
    const asWhom = application.user === null ? { ...application, user, group } : application
    const supervisor = new ApplicationSupervisor(
      {
        application: asWhom,
        place,
        generation: 1,
        reload,
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
}

function uidOf(owner: ReturnType<typeof accountFor> | undefined): number {
  return owner?.kind === 'ok' ? owner.uid : (process.getuid?.() ?? 0)
}

// A WSGI application hosted for the servers of others, over FastCGI or SCGI (the role of flup): worker processes accept on
// one socket that this process binds and never reads from, so nothing of it stands between that server and the workers.

import { monotonicMs } from '../../clock.ts'
import type { Application, Effective, Listen } from '../../config/effective.ts'
import type { ErrorLog } from '../../log/error-log.ts'
import { RecentLines } from '../../log/recent-lines.ts'
import type { ServeSpec } from '../../process/application-spec.ts'
import { type BoundListener, bindListener } from '../../process/socket/listener-handles.ts'
import type { FirstStart } from '../../process/supervision.ts'
import { ApplicationSupervisor } from '../../process/supervisor.ts'
import { accountFor, httpAccount, socketAccess } from '../accounts.ts'
import { openErrorLog, usualStandard } from '../open-logs.ts'
import { workerFilesProblem } from '../own-files.ts'
import { launcherPath, packagePath } from '../package-path.ts'
import type { StartProblem } from '../start-problem.ts'
import { serverSoftware } from '../version.ts'

export interface ResponderOptions {
  /** Of one application. */
  readonly effective: Effective
  readonly application: Application
  /** Where the other server finds it; undefined: descriptor 0 is the socket (FastCGI 1.0 section 2.2). */
  readonly listen: Listen | undefined
  readonly serve: Omit<ServeSpec, 'descriptor'>
}

/** What the workers get for their exit handlers when their requests have used up stop_time. */
const lastWordsMs = 1000

type Bound = Extract<BoundListener, { kind: 'ok' }>

export class Responder {
  readonly log: ErrorLog
  readonly #options: ResponderOptions
  #socket: Bound | undefined
  #supervisor: ApplicationSupervisor | undefined
  #workers = 0

  constructor(options: ResponderOptions) {
    this.#options = options
    this.log = openErrorLog(options.effective, usualStandard, new RecentLines())
  }

  /** Resolves when the first worker is ready or has failed, or with what is in the way. */
  async start(): Promise<FirstStart | (StartProblem & { readonly kind: 'bad' })> {
    const { effective, application, listen } = this.#options
    const account = httpAccount(effective)
    if (account.kind === 'bad') return account
    const owner = accountFor(application, account)
    if (owner.kind === 'bad') return owner
    const unreadable = workerFilesProblem(owner.identity)
    if (unreadable !== undefined) return { kind: 'bad', ...unreadable }
    const bound = listen === undefined ? undefined : await bind(listen)
    if (bound?.kind === 'bad') return bound
    this.#socket = bound
    const serve = { ...this.#options.serve, descriptor: bound?.fd ?? 0 }
    this.#supervisor = new ApplicationSupervisor(
      {
        application: withWelcome(application),
        place: {
          packagePath,
          launcherPath,
          // They have no sockets of their own.
          socketDirectory: '/nonexistent',
          socketMode: 0o600,
          serverSoftware: serverSoftware(),
          inherited: process.env,
          identity: owner.identity,
          serve,
        },
        generation: 1,
        nextWorker: () => ++this.#workers,
        log: this.log,
        clock: monotonicMs,
      },
      { published: () => {}, gone: () => 0 },
    )
    this.#supervisor.start()
    return this.#supervisor.firstStart
  }

  /** The address as bound: a port of 0 has become a real one. */
  get bound(): Bound['bound'] | undefined {
    return this.#socket?.bound
  }

  /** Workers with the code that is on disk now take over, one first; while it fails, the old ones go on. */
  reload(): void {
    this.#supervisor?.renew()
  }

  /** What runs is finished within stop_time; `now`: cut off. */
  async stop(how: 'finish' | 'now'): Promise<void> {
    const { stop_time } = this.#options.application.limits
    await this.#supervisor?.stop(how === 'now' ? 0 : Math.max(lastWordsMs, stop_time))
    this.#socket?.close()
    this.#socket = undefined
    await this.log.close()
  }
}

/** Whom a server that starts us lets connect is theirs to know (FastCGI 1.0 section 3.2). */
function withWelcome(application: Application): Application {
  const name = 'FCGI_WEB_SERVER_ADDRS'
  const addresses = process.env[name]
  if (addresses === undefined) return application
  return { ...application, environment: { [name]: addresses, ...application.environment } }
}

async function bind(listen: Listen): Promise<BoundListener> {
  const access = socketAccess(listen)
  return access.kind === 'bad' ? access : bindListener(listen, access.access)
}

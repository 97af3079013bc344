// The HTTP process: waits for its start message, composes the server, listens on the descriptors it inherited.
// Ends at once when the channel to the supervisor closes, so it never outlives it.

import type { Holding } from '../backend/supervised.ts'
import type { Effective } from '../config/effective.ts'
import { PorticoError } from '../failure.ts'
import { requestLineBytes } from '../http1/limits.ts'
import type { AdmissionLimits } from '../listener/admission.ts'
import { connectionsFor, descriptorLimit } from '../listener/descriptors.ts'
import { HttpServer, type InheritedListener, type StopHow } from '../listener/http-server.ts'
import { TrustedProxies } from '../listener/trusted-proxies.ts'
import type { ErrorLog } from '../log/error-log.ts'
import { RecentLines } from '../log/recent-lines.ts'
import type {
  Load,
  Publication,
  WorkerGone,
  WorkerHeld,
  WorkerIdle,
  WorkerStuck,
  WorkerWorn,
} from '../process/messages.ts'
import type { AccessLogs } from './access-logs.ts'
import { type Composition, compose } from './compose.ts'
import { answer } from './control/answering.ts'
import { EmbeddedApplications } from './embedded.ts'
import type { FromHttpProcess, StartMessage, ToHttpProcess } from './messages.ts'
import { logHint, openAccess, openErrorLog } from './open-logs.ts'
import { serverSoftware } from './version.ts'

interface Running {
  readonly embedded: EmbeddedApplications
  readonly server: HttpServer
  readonly composition: Composition
  readonly log: ErrorLog
  readonly accessLogs: AccessLogs
  readonly recent: RecentLines
}

/** Failures to load an application of which nobody has said yet whether this process is to serve all the same. */
const failedLoads: (() => void)[] = []

function tell(message: FromHttpProcess, sent: () => void = () => {}): void {
  process.send?.(message, undefined, undefined, sent)
}

function build(message: StartMessage): Running {
  const { effective, reload, standard } = message
  const recent = new RecentLines()
  const log = openErrorLog(effective, standard, recent)
  const accessLogs = openAccess(effective, log, standard, recent)
  const software = serverSoftware()
  const embedded = new EmbeddedApplications(message, log, {
    importing: (application) => new Promise((resolve) => tell({ kind: 'importing', application }, resolve)),
    loaded: (application, failure) => {
      tell({ kind: 'loaded', application, failure })
      return failure === undefined
        ? Promise.resolve()
        : new Promise((resolve) => void failedLoads.push(resolve))
    },
    replace: (application, how) => tell({ kind: 'replace', application, how }),
  })
  const news = {
    connect: (application: string) => embedded.connect(application),
    stuck: (stuck: WorkerStuck) => {
      if (!embedded.stuck(stuck)) tell({ kind: 'stuck', stuck })
    },
    worn: (worn: WorkerWorn) => {
      if (!embedded.worn(worn)) tell({ kind: 'worn', worn })
    },
    abandoned: (application: string, request: string, dueMs: number) =>
      embedded.abandoned(application, request, dueMs),
    idle: (idle: WorkerIdle) => tell({ kind: 'idle', idle }),
    load: (application: string, load: Load) => tell({ kind: 'load', application, load }),
  }
  const composition = compose(effective, { serverSoftware: software, reload }, log, news)
  const { limits } = effective
  const server = new HttpServer({
    router: composition.router,
    limits: {
      maxHeadBytes: limits.head,
      maxFieldCount: limits.fields,
      maxRequestLineBytes: requestLineBytes,
      headTimeMs: limits.head_time,
      bodyIdleMs: limits.body_idle,
      minBodyRateBytes: limits.body_rate,
      writeIdleMs: limits.write_idle,
      keepAliveMs: limits.keep_alive,
    },
    ...connectionLimit(effective, log),
    maxConnectionsPerAddress: limits.connections_per_address,
    serverName: software,
    proxies: new TrustedProxies(effective.trusted_proxies),
    log,
    accessLogs,
    sweep: (nowMs) => {
      for (const backend of composition.backends.values()) backend.sweep(nowMs)
      for (const backend of composition.externals.values()) backend.sweep(nowMs)
      embedded.sweep(nowMs, composition.backends)
    },
  })
  return { embedded, server, composition, log, accessLogs, recent }
}

/** With fewer connections than this there is no serving. */
const fewestConnections = 16
const descriptorsHint = 'Raise the limit of descriptors (ulimit -n, LimitNOFILE)'

/** limits.connections, or as many as there are descriptors for; then the log says so. */
function connectionLimit(
  { limits, listen, applications, externals }: Effective,
  log: ErrorLog,
): Pick<AdmissionLimits, 'maxConnections' | 'maxConnectionsHint'> {
  const slots = applications.reduce((sum, { processes, threads }) => sum + processes * threads, 0)
  const foreign = externals.reduce(
    (sum, { connections, addresses }) => sum + connections * addresses.length,
    0,
  )
  // Twice: while workers are replaced the old ones and the new ones are connected.
  const others = listen.length + 2 * slots + foreign
  const limit = descriptorLimit()
  const possible = connectionsFor(limits.connections, limit, others)
  if (limit !== undefined && connectionsFor(0, limit, others) < fewestConnections) {
    const message = `${limit} descriptors are too few for ${slots} slots, ${listen.length} listeners and connections`
    throw new PorticoError('E_DESCRIPTORS', message, {})
  }
  const few = limits.connections === 0 || possible < limits.connections
  const maxConnectionsHint = few ? descriptorsHint : 'Raise limits.connections, or find out who opens so many'
  if (possible < limits.connections) {
    const facts = { wanted: limits.connections, possible, descriptors: limit }
    // A little less than the default is nothing to speak of.
    const level = possible < limits.connections / 2 ? 'warn' : 'debug'
    log[level]('connections.limited', facts, descriptorsHint)
  }
  return { maxConnections: possible, maxConnectionsHint }
}

async function start(
  running: Running,
  listeners: readonly InheritedListener[],
  publications: readonly Publication[],
): Promise<void> {
  for (const publication of publications) update(running, publication)
  // Before listening: whoever finds the port open finds the application ready, or its failure.
  await running.embedded.load(running.composition.backends)
  await Promise.all(listeners.map((listener) => running.server.listen(listener)))
  tell({ kind: 'listening' })
}

function update({ composition }: Running, publication: Publication): void {
  const { application, code } = publication
  composition.backends.get(application)?.update(publication)
  // Last: whoever has waited for new code must find its workers.
  if (code !== undefined) composition.gates.get(application)?.update(code)
}

/** A worker is gone; what it held. */
function held(running: Running | undefined, gone: WorkerGone): WorkerHeld {
  const { application, worker } = gone
  const backend = running?.composition.backends.get(application)
  return { application, worker, ...(backend?.workerGone(gone) ?? { requests: [], done: 0 }) }
}

/** The threads of workers are shared with other HTTP processes; those of embedded applications are not. */
function hold({ composition, embedded }: Running, holding: Holding): void {
  for (const [name, backend] of composition.backends) if (!embedded.has(name)) backend.hold(holding)
}

/** The last answer is out: ends the applications and the process. */
async function finish(running: Running | undefined): Promise<void> {
  if (running !== undefined) {
    running.composition.router.close()
    for (const backend of running.composition.backends.values()) backend.close()
    for (const backend of running.composition.externals.values()) backend.close()
    await running.embedded.stop(lastWordsMs)
    await running.accessLogs.close()
    await new Promise<void>((resolve) => tell({ kind: 'kept-log', pieces: running.recent.pieces() }, resolve))
    await running.log.close()
  }
  end(running, 0)
}

function end(running: Running | undefined, code: number): never {
  running?.embedded.exit(code)
  process.exit(code)
}

/** What embedded applications get for their exit handlers when their requests have ended. */
const lastWordsMs = 1000
/** What running requests get when somebody else than the supervisor ends this process. */
const terminatedMs = 15_000

function main(): void {
  let running: Running | undefined
  let finishing: Promise<void> | undefined
  let isEnding = false
  // Asked again (who drains for long is told to stop soon), the first deadline that is over counts.
  const stop = async (deadlineMs: number, how: StopHow): Promise<void> => {
    isEnding = true
    if (running !== undefined) hold(running, 'none')
    await running?.server.stop(deadlineMs, how)
    finishing ??= finish(running)
    await finishing
  }
  const fail = (error: unknown, doing = '', hint = ''): void => {
    const message = doing + (error instanceof Error ? error.message : String(error))
    tell({ kind: 'failed', message, hint }, () => end(running, 1))
  }
  process.on('message', (message: ToHttpProcess) => {
    switch (message.kind) {
      case 'start':
        try {
          running = build(message)
          start(running, message.listeners, message.publications).catch((error: unknown) =>
            fail(error, 'Cannot listen: ', 'See who listens with: ss -ltnxp'),
          )
        } catch (error) {
          const few = error instanceof PorticoError && error.code === 'E_DESCRIPTORS'
          fail(error, '', few ? descriptorsHint : logHint)
        }
        break
      case 'publication':
        if (running !== undefined) update(running, message.publication)
        break
      case 'worker-gone':
        // Its connections have ended, too, and how they did says which calls were never read: those are not held.
        setImmediate(() => tell({ kind: 'held', held: held(running, message.gone) }))
        break
      case 'ask': {
        const { id, question } = message
        if (running === undefined) break
        const { backends, externals } = running.composition
        const asked = { ...running, backends, externals }
        void answer(asked, question).then((said) => tell({ kind: 'answer', id, answer: said }))
        break
      }
      case 'go-on':
        failedLoads.shift()?.()
        break
      case 'share':
        if (running !== undefined && !isEnding) hold(running, message.others ? 'shared' : 'all')
        break
      case 'reopen-logs':
        running?.log.reopen()
        running?.accessLogs.reopen()
        break
      case 'stop':
        void stop(message.deadlineMs, message.how)
        break
      default:
        message satisfies never
    }
  })
  // The lifeline: without its supervisor this process must not go on holding the port.
  process.on('disconnect', () => end(running, 1))
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => void stop(terminatedMs, 'finish'))
  // A fault in one request must not cost all the others theirs; it is logged with its stack and mended later.
  process.on('uncaughtException', (error) =>
    running?.log.error('internal.fault', {}, error.stack ?? error.message),
  )
  process.on('unhandledRejection', (reason) => {
    running?.log.error(
      'internal.fault',
      {},
      reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
    )
  })
}

main()

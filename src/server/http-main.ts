// The HTTP process: waits for its start message, composes the server, listens on the descriptors it inherited.
// Ends at once when the channel to the supervisor closes, so it never outlives it.

import type { Effective } from '../config/effective.ts'
import { requestLineBytes } from '../http1/limits.ts'
import { HttpServer, type InheritedListener } from '../listener/http-server.ts'
import { TrustedProxies } from '../listener/trusted-proxies.ts'
import type { AccessLog } from '../log/access-log.ts'
import type { ErrorLog } from '../log/error-log.ts'
import type { Publication, WorkerIdle, WorkerStuck } from '../process/messages.ts'
import { type Composition, compose } from './compose.ts'
import type { FromHttpProcess, ToHttpProcess } from './messages.ts'
import { logHint, openAccess, openErrorLog } from './open-logs.ts'
import { serverSoftware } from './version.ts'

interface Running {
  readonly server: HttpServer
  readonly composition: Composition
  readonly log: ErrorLog
  readonly accessLog: AccessLog
}

function tell(message: FromHttpProcess): void {
  process.send?.(message, undefined, undefined, () => {})
}

function build(effective: Effective, reload: boolean): Running {
  const log = openErrorLog(effective)
  const accessLog = openAccess(effective, log)
  const software = serverSoftware()
  const news = {
    stuck: (stuck: WorkerStuck) => tell({ kind: 'stuck', stuck }),
    idle: (idle: WorkerIdle) => tell({ kind: 'idle', idle }),
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
    maxConnections: limits.connections,
    serverName: software,
    proxies: new TrustedProxies(effective.trusted_proxies),
    log,
    accessLog,
    sweep: (nowMs) => {
      for (const backend of composition.backends.values()) backend.sweep(nowMs)
    },
  })
  return { server, composition, log, accessLog }
}

async function start(
  running: Running,
  listeners: readonly InheritedListener[],
  publications: readonly Publication[],
): Promise<void> {
  for (const publication of publications) update(running, publication)
  await Promise.all(listeners.map((listener) => running.server.listen(listener)))
  tell({ kind: 'listening' })
}

function update({ composition }: Running, publication: Publication): void {
  const { application, code } = publication
  composition.backends.get(application)?.update(publication)
  // Last: whoever has waited for new code must find its workers.
  if (code !== undefined) composition.gates.get(application)?.update(code)
}

async function stop(running: Running | undefined, deadlineMs: number): Promise<void> {
  if (running !== undefined) {
    await running.server.stop(deadlineMs)
    running.composition.router.close()
    for (const backend of running.composition.backends.values()) backend.close()
    await running.accessLog.close()
    await running.log.close()
  }
  process.exit(0)
}

function main(): void {
  let running: Running | undefined
  const fail = (error: unknown, doing = '', hint = ''): void => {
    tell({ kind: 'failed', message: doing + (error instanceof Error ? error.message : String(error)), hint })
    setTimeout(() => process.exit(1), 50)
  }
  process.on('message', (message: ToHttpProcess) => {
    switch (message.kind) {
      case 'start':
        try {
          running = build(message.effective, message.reload)
          start(running, message.listeners, message.publications).catch((error: unknown) =>
            fail(error, 'Cannot listen: ', 'See who listens with: ss -ltnxp'),
          )
        } catch (error) {
          fail(error, '', logHint)
        }
        break
      case 'publication':
        if (running !== undefined) update(running, message.publication)
        break
      case 'worker-gone':
        running?.composition.backends.get(message.gone.application)?.workerGone(message.gone)
        break
      case 'reopen-logs':
        running?.log.reopen()
        running?.accessLog.reopen()
        break
      case 'stop':
        void stop(running, message.deadlineMs)
        break
      default:
        message satisfies never
    }
  })
  // The lifeline: without its supervisor this process must not go on holding the port.
  process.on('disconnect', () => process.exit(1))
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => void stop(running, 15_000))
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

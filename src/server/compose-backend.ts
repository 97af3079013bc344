// From an application of the effective configuration to the backend that its calls go to.

import { connect } from 'node:net'
import { ExternalBackend } from '../backend/external/external.ts'
import { fastcgiGreeting } from '../backend/fastcgi-greeting.ts'
import { fastcgiProgram, scgiProgram } from '../backend/program-manners.ts'
import type { Manners, OpenConnection } from '../backend/slot.ts'
import { SupervisedBackend } from '../backend/supervised.ts'
import { monotonicMs } from '../clock.ts'
import { type Application, type External, startsScripts } from '../config/effective.ts'
import { protocolDoubt } from '../gateway/protocol-doubt.ts'
import type { Log } from '../log/log.ts'
import type { Load, WorkerIdle, WorkerStuck, WorkerWorn } from '../process/messages.ts'
import { isEmbedded } from './embedding.ts'
import { isLaunched } from './launching.ts'
import { unreachableHint } from './unreachable.ts'

/** Whom the composed parts tell about workers. */
export interface WorkerNews {
  stuck(stuck: WorkerStuck): void
  /** A worker has had as many requests as it gets. */
  worn(worn: WorkerWorn): void
  idle(idle: WorkerIdle): void
  load(application: string, load: Load): void
  /** Nobody waits for this request of an embedded application any more; its thread has until `dueMs`. */
  abandoned(application: string, request: string, dueMs: number): void
  /** How a thread of an embedded application is reached. */
  connect(application: string): OpenConnection
}

const lateScript = 'no head came within limits.head_time; the script was ended'

export function backendOf(application: Application, news: WorkerNews): SupervisedBackend {
  const { name, limits } = application
  const embedded = isEmbedded(application)
  return new SupervisedBackend({
    application: name,
    limits: {
      requestTimeMs: limits.request_time,
      outputIdleMs: limits.output_idle,
      queueTimeMs: limits.queue_time,
      queueLength: limits.queue,
      requests: limits.requests,
      ...(startsScripts(application) ? { requestTimeText: lateScript } : {}),
    },
    manners: mannersOf(application),
    doubt: application.program === null ? undefined : protocolDoubt(application.program.wire),
    triesAgain: !embedded,
    connect: embedded
      ? () => news.connect(name)
      : ({ address }) =>
          (onread) => ({ socket: connect({ path: address, onread }) }),
    now: monotonicMs,
    // A launcher ends the one script whose connection is closed; the others are none the wiser.
    stuck: (stuck) => (isLaunched(application) ? undefined : news.stuck(stuck)),
    worn: (worn) => news.worn(worn),
    ...(embedded
      ? { abandoned: (request: string, dueMs: number) => news.abandoned(name, request, dueMs) }
      : {}),
    idle: (worker) => news.idle({ application: name, worker }),
    ...(application.processes_min < application.processes
      ? { load: (load: Load) => news.load(name, load) }
      : {}),
  })
}

function mannersOf({ program }: Application): Manners {
  if (program === null) return fastcgiGreeting
  return program.wire === 'scgi' ? scgiProgram : fastcgiProgram
}

export function externalOf(external: External, log: Log): ExternalBackend {
  const { name, wire, addresses, connections } = external
  return new ExternalBackend({
    application: name,
    addresses,
    limits: {
      connections,
      idleMs: wire === 'fastcgi' ? external.idle : 0,
      connectMs: external.connect_time,
      requestTimeMs: external.request_time,
      outputIdleMs: external.output_idle,
      queueTimeMs: external.queue_time,
      queueLength: external.queue,
    },
    multiplexes: wire === 'fastcgi',
    doubt: protocolDoubt(wire),
    now: monotonicMs,
    unreachable: (address, code) =>
      log.warn('external.unreachable', { application: name, address, code }, unreachableHint(address, code)),
    reachable: (address) => log.info('external.reachable', { application: name, address }),
  })
}

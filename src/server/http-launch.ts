// What an HTTP process is started with, from the configuration that it is to serve.

import { defaultBacklog } from '../config/defaults.ts'
import type { Effective } from '../config/effective.ts'
import { inherited } from '../process/http-process.ts'
import type { Identity } from '../process/identity/identity.ts'
import type { Publication } from '../process/messages.ts'
import { httpEnvironment, isEmbedded } from './embedding.ts'
import type { HttpLaunch } from './http-processes.ts'
import type { Listening } from './listeners.ts'
import { usualStandard } from './open-logs.ts'

export interface LaunchContext {
  /** Development: applications follow their code. */
  readonly reload: boolean
  /** Whom it runs as; null: who we are. */
  readonly identity: Identity | null
  readonly publications: () => readonly Publication[]
}

/** From the start of a process to its listening, beside the imports of applications. */
const startMs = 30_000

export function httpLaunch(
  effective: Effective,
  listening: readonly Listening[],
  { reload, identity, publications }: LaunchContext,
): HttpLaunch {
  const { applications } = effective
  const embedded = applications.filter(isEmbedded)
  const daemons = new Set(applications.filter((one) => !isEmbedded(one)).map(({ name }) => name))
  const descriptors = inherited(listening.length, embedded.length > 0)
  const listeners = listening.map(({ socket }, i) => ({
    fd: descriptors.listeners[i] ?? -1,
    port: socket.bound.port,
    backlog: effective.listen[i]?.backlog ?? defaultBacklog,
    proxyProtocol: effective.listen[i]?.proxy_protocol ?? false,
  }))
  return {
    environment: httpEnvironment(effective, identity),
    descriptors: listening.map(({ socket }) => socket.fd),
    identity,
    embedded: embedded.map(({ name }) => name),
    drainMs: Math.max(1000, ...applications.map(({ limits }) => limits.drain_time)),
    daemons,
    startupMs: startMs + embedded.reduce((sum, { limits }) => sum + limits.startup_time, 0),
    greeting: (leftOut) => ({
      kind: 'start',
      effective: withoutSecrets(effective),
      listeners,
      publications: publications().filter(({ application }) => daemons.has(application)),
      reload,
      crashDescriptor: descriptors.embedded?.crash ?? -1,
      leftOut,
      standard: descriptors.embedded ?? usualStandard,
    }),
  }
}

/** What services and workers know is no business of the process that parses requests, unless it runs them. */
function withoutSecrets(effective: Effective): Effective {
  const applications = effective.applications.map((application) =>
    isEmbedded(application) ? application : { ...application, environment: {} },
  )
  return { ...effective, applications, services: [] }
}

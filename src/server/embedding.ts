// What embedded applications ask of the process that they will live in, before it is there.

import type { Application, Effective } from '../config/effective.ts'
import type { Identity } from '../process/identity/identity.ts'
import { workerEnvironment } from '../process/worker/worker-environment.ts'

export function isEmbedded({ mode }: Application): boolean {
  return mode === 'embedded'
}

/** An interpreter lives in the HTTP process. */
export function embeds({ applications }: Effective): boolean {
  return applications.some(isEmbedded)
}

/**
 * The environment of the HTTP process. With an interpreter in it that is a worker's: what the applications may know,
 * and what counts before Python starts (PYTHONPATH, TZ, LD_LIBRARY_PATH); of Node's own settings what steers Node.
 * `identity` is whom it runs as, null when nobody is named.
 */
export function httpEnvironment(
  effective: Effective,
  identity: Identity | null,
): Readonly<Record<string, string | undefined>> {
  const embedded = effective.applications.filter(isEmbedded)
  if (embedded.length === 0) return process.env
  const ofNode = Object.entries(process.env).filter(
    ([name]) => name.startsWith('NODE_') || name.startsWith('UV_'),
  )
  const place = { inherited: process.env, identity }
  const ofPython = embedded.map((application) => workerEnvironment(application, place))
  return Object.assign({}, Object.fromEntries(ofNode), ...ofPython)
}

/** The same with the embedded applications as daemons: code that changes all the time needs workers to replace. */
export function withoutEmbedding(effective: Effective): Effective {
  const applications = effective.applications.map((application) =>
    isEmbedded(application) ? { ...application, mode: 'daemon' as const } : application,
  )
  return { ...effective, applications }
}

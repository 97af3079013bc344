// The directory for sockets: a private one found from the configuration's path, so that two servers on one
// machine never meet and a restart finds the same one. Only names it; the supervisor creates it.

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { maxSocketPathBytes } from '../schema/address.ts'
import type { Surroundings } from './surroundings.ts'

/** `origin` is the absolute path of the configuration file, or of the directory that was detected. */
export function defaultRuntime(origin: string, { uid, environment, temporary }: Surroundings): string {
  const name = createHash('sha256').update(origin).digest('hex').slice(0, 12)
  if (uid === 0) return join('/run/portico', name)
  const session = environment.XDG_RUNTIME_DIR
  return session?.startsWith('/') ? join(session, 'portico', name) : join(temporary, `portico-${uid}`, name)
}

/** How many octets the longest worker socket of an application is over what a socket's path may have; 0 when it fits. */
export function socketPathExcess(runtime: string, application: string): number {
  const path = join(runtime, application, 'w99999.sock')
  return Math.max(0, Buffer.byteLength(path) - maxSocketPathBytes)
}

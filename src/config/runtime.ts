// The directory for sockets: a private one found from the configuration's path, so that two servers on one
// machine never meet and a restart finds the same one. Only names it; the supervisor creates it.

import { createHash } from 'node:crypto'
import { dirname, join, resolve } from 'node:path'
import { maxSocketPathBytes } from '../schema/address.ts'
import { readSource } from './source.ts'
import type { Surroundings } from './surroundings.ts'

/** `origin` is the absolute path of the configuration file, or of the directory that was detected. */
export function defaultRuntime(origin: string, { uid, environment, temporary }: Surroundings): string {
  const name = createHash('sha256').update(origin).digest('hex').slice(0, 12)
  if (uid === 0) return join('/run/portico', name)
  const session = environment.XDG_RUNTIME_DIR
  return session?.startsWith('/') ? join(session, 'portico', name) : join(temporary, `portico-${uid}`, name)
}

/** The directory of a server that was started with this file, whatever else has become bad in it since. */
export function writtenRuntime(file: string, surroundings: Surroundings): string {
  const read = readSource(file, surroundings.cwd)
  const origin = resolve(surroundings.cwd, file)
  const value = read.kind === 'ok' ? read.source.value : undefined
  const written =
    typeof value === 'object' && value !== null && 'runtime' in value ? value.runtime : undefined
  if (typeof written !== 'string') return defaultRuntime(origin, surroundings)
  return resolve(dirname(origin), written)
}

/** How many octets the longest worker socket of an application is over what a socket's path may have; 0 when it fits. */
export function socketPathExcess(runtime: string, application: string): number {
  const path = join(runtime, application, 'w99999.sock')
  return Math.max(0, Buffer.byteLength(path) - maxSocketPathBytes)
}

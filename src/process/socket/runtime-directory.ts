// The directory of sockets: one for the server, below it one for each application, so that the users of two
// applications can neither connect nor listen at each other's place. Refuses what another user may have put
// there.

import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, rmdirSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { Deadline } from '../deadline.ts'
import { ensureParents } from './runtime-parents.ts'
import { examineSocketFile, removeSocketFile, type SocketFile, socketPathBytes } from './socket-file.ts'

export interface RuntimeSpec {
  /** Absolute path. */
  readonly path: string
  /** Names are used as directory names. */
  readonly applications: readonly RuntimeApplication[]
  /**
   * Group of the HTTP processes when they or an application run as another user than we (root); null when all
   * are one.
   */
  readonly httpGid: number | null
}

export interface RuntimeApplication {
  readonly name: string
  /** User of its workers. Taken only when `httpGid` is set. */
  readonly uid: number
  /** We bind the sockets of its workers: their user has no business in the directory. */
  readonly isOurs?: boolean
  /** The sockets in its directory are those of our own workers. */
  readonly isRunning?: boolean
}

export type Runtime =
  | {
      readonly kind: 'ok'
      /** Directory by name of the application. */
      readonly directories: ReadonlyMap<string, string>
      /** For the workers' sockets. */
      readonly socketMode: number
    }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

// Room for '/w' and '.sock' with the number of a worker in a long life.
const workerSocketBytes = Buffer.byteLength('/w4294967295.sock')
const dyingTries = 10
const betweenTriesMs = 100
/** No name of an application has it: an application may come to have the other directory, with the user's things in it. */
const oursMark = '@'
const workerSocket = /^[tw]\d+\.sock$/

/** Creates what is missing, corrects modes, removes the sockets that a dead server left behind. */
export async function openRuntimeDirectory(spec: RuntimeSpec): Promise<Runtime> {
  try {
    return await open(spec)
  } catch (error) {
    return bad(spec, error instanceof Error ? error.message : String(error))
  }
}

/**
 * Makes again what somebody has removed while the server runs; returns the paths of what it made. Throws, saying why, when
 * that cannot be, or when another user has put something there.
 */
export function restoreRuntimeDirectory(spec: RuntimeSpec): readonly string[] {
  try {
    const places = [
      { path: spec.path, wish: wishOfAll(spec) },
      ...spec.applications.map((one) => ({ path: directoryOf(spec.path, one), wish: wishOf(spec, one) })),
    ]
    const above = ensureParents(spec.path, spec.httpGid === null)
    if (above !== null) throw new Error(above)
    const made: string[] = []
    for (const { path, wish } of places) {
      if (!isThere(path)) made.push(path)
      const problem = ensure(path, wish)
      if (problem !== null) throw new Error(problem)
    }
    return made
  } catch (error) {
    throw new Error(bad(spec, error instanceof Error ? error.message : String(error)).message)
  }
}

async function open(spec: RuntimeSpec): Promise<Runtime> {
  const problem = ensureParents(spec.path, spec.httpGid === null) ?? ensure(spec.path, wishOfAll(spec))
  if (problem !== null) return bad(spec, problem)
  const directories = new Map<string, string>()
  for (const application of spec.applications) {
    const path = directoryOf(spec.path, application)
    if (dirname(path) !== spec.path.replace(/\/+$/, ''))
      return bad(spec, `"${application.name}" cannot name a directory`)
    const longest = Buffer.byteLength(path) + workerSocketBytes
    if (longest > socketPathBytes) {
      return bad(
        spec,
        `the path of a socket in "${path}" would have ${longest} of at most ${socketPathBytes} bytes`,
      )
    }
    const made = ensure(path, wishOf(spec, application))
    const trouble = made ?? (application.isRunning === true ? null : await removeStale(path))
    if (trouble !== null) return bad(spec, trouble)
    directories.set(application.name, path)
  }
  return { kind: 'ok', directories, socketMode: spec.httpGid === null ? 0o600 : 0o660 }
}

/** Removes what openRuntimeDirectory made, as far as nobody has put anything there since. */
export function removeRuntimeDirectory({ path, applications }: RuntimeSpec): void {
  for (const directory of [...applications.map((one) => directoryOf(path, one)), path]) {
    try {
      rmdirSync(directory)
    } catch {
      // Not empty, or gone: either is somebody else's business.
    }
  }
}

function directoryOf(path: string, { name, isOurs }: RuntimeApplication): string {
  return join(path, isOurs === true ? `${name}${oursMark}` : name)
}

interface Wish {
  readonly mode: number
  readonly uid: number
  readonly gid: number | null
  /** Whose the directory may be when it exists already. */
  readonly owners: readonly number[]
}

function wishOfAll({ httpGid }: RuntimeSpec): Wish {
  const own = process.getuid?.() ?? 0
  // Others pass through to directories that let in only whom they should; without other users nobody does.
  return { mode: httpGid === null ? 0o700 : 0o711, uid: own, gid: null, owners: [own] }
}

function wishOf({ httpGid }: RuntimeSpec, application: RuntimeApplication): Wish {
  const own = process.getuid?.() ?? 0
  const uid = httpGid === null || application.isOurs === true ? own : application.uid
  // setgid: the sockets made in it get the group of the HTTP processes, whoever makes them.
  return { mode: httpGid === null ? 0o700 : 0o2710, uid, gid: httpGid, owners: [own, uid] }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function ensure(path: string, wish: Wish): string | null {
  if (!isThere(path)) mkdirSync(path, { mode: 0o700 })
  // Looked at after it was made: whoever was faster than we is seen.
  const found = lstatSync(path)
  if (!found.isDirectory())
    return `"${path}" is ${found.isSymbolicLink() ? 'a symbolic link' : 'not a directory'}`
  if (!wish.owners.includes(found.uid)) return `"${path}" belongs to user ${found.uid}`
  own(path, found, wish)
  return null
}

function own(path: string, found: Stats, wish: Wish): void {
  const gid = wish.gid ?? found.gid
  if (found.uid !== wish.uid || found.gid !== gid) chownSync(path, wish.uid, gid)
  // After chown, and not by mkdir: the umask and a change of owner take bits away.
  chmodSync(path, wish.mode)
}

async function removeStale(directory: string): Promise<string | null> {
  for (const name of readdirSync(directory).filter((entry) => workerSocket.test(entry))) {
    const path = join(directory, name)
    const found = await examineDying(path)
    if (found.kind === 'live') return `this project is being served already: a worker answers on "${path}"`
    removeSocketFile(path)
  }
  return null
}

/** Workers of a server that was just killed notice it in a moment; a server that lives stays. */
async function examineDying(path: string): Promise<SocketFile> {
  for (let left = dyingTries; ; left -= 1) {
    const found = await examineSocketFile(path)
    if (found.kind !== 'live' || left <= 1) return found
    await new Promise<void>((resolve) => new Deadline().arm(betweenTriesMs, resolve))
  }
}

function bad(spec: RuntimeSpec, why: string): Extract<Runtime, { kind: 'bad' }> {
  return {
    kind: 'bad',
    message: `Cannot use the runtime directory "${spec.path}": ${why}`,
    hint: 'Stop the other server, or choose another directory with runtime:',
  }
}

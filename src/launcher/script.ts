// The file that a request names: where it really lies, and whether it is one that can be run.

import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs'
import { closedDirectory } from './closed-directory.ts'
import { octets, readable } from './octets.ts'
import { type Roots, realPath } from './roots.ts'
import { cannotExecute, codeOf, inWords, isNoRoom, NoRoom, notFound, Unrunnable } from './unrunnable.ts'

/** O_PATH of open(2), which Node does not name, needs no permission and opens no device. */
const pathOnly = process.platform === 'linux' ? 0o10000000 : constants.O_RDONLY | constants.O_NONBLOCK
const deleted = ' (deleted)'

/**
 * Throws Unrunnable when the file is none that may run, NoRoom when it cannot be looked at now. An open descriptor tells both its real path and what it is, and both
 * about the same file. It is executed by its path afterwards: who can put another file there in between can put any script there.
 */
export function checkScript(path: string, roots: Roots | null): void {
  const shown = readable(path)
  if (!path.startsWith('/') || path.includes('\0'))
    throw new Unrunnable(notFound, `SCRIPT_FILENAME is not an absolute path: "${shown}"`)
  const { real, stat } = look(path)
  if (stat.nlink === 0 || (real.endsWith(deleted) && !isThere(real)))
    throw new Unrunnable(notFound, `Script "${shown}" has just been removed`)
  if (roots?.hold(real) === false) {
    const where = `is really "${readable(real)}", outside of the directories that scripts may lie in`
    const hint = 'move it there, or name its directory in the configuration'
    throw new Unrunnable(cannotExecute, `Script "${shown}" ${where}; ${hint}`)
  }
  if (stat.isFile()) return
  const what = stat.isDirectory() ? 'a directory' : 'not a regular file'
  throw new Unrunnable(cannotExecute, `Script "${shown}" is ${what}; only regular files can be executed`)
}

function look(path: string): { readonly real: string; readonly stat: Stats } {
  let descriptor: number
  try {
    descriptor = openSync(octets(path), pathOnly)
  } catch (error) {
    throw isNoRoom(error) ? new NoRoom(path, error) : whyNotFound(path, error)
  }
  try {
    return { real: realPathOf(descriptor, path), stat: fstatSync(descriptor) }
  } finally {
    closeSync(descriptor)
  }
}

function realPathOf(descriptor: number, path: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`, 'buffer').toString('latin1')
  } catch {
    return realPath(path)
  }
}

function whyNotFound(path: string, error: unknown): Unrunnable {
  const script = `Script "${readable(path)}"`
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM')
    return new Unrunnable(cannotExecute, `${script} cannot be reached: ${closedDirectory(path)}`)
  if (code === 'ELOOP')
    return new Unrunnable(cannotExecute, `${script} is a symbolic link that leads in a circle; correct it`)
  const target = linkTarget(path)
  if (target !== undefined) {
    const link = `${script} is a symbolic link to "${readable(target)}"`
    return new Unrunnable(notFound, `${link}, which does not exist`)
  }
  return new Unrunnable(notFound, `${script} does not exist (${inWords(error)})`)
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(octets(path), 'buffer').toString('latin1')
  } catch {
    return undefined
  }
}

function isThere(path: string): boolean {
  return lstatSync(octets(path), { throwIfNoEntry: false }) !== undefined
}

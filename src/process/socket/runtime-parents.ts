// The directories above the runtime directory. Who can rename one of them, or the runtime directory in the lowest, can put
// sockets of their own where ours are expected.

import { chmodSync, lstatSync, mkdirSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'

const othersWrite = 0o022
const sticky = 0o1000

/**
 * Makes those that are missing. The lowest becomes ours alone when it is the one in the directory for temporary files that
 * is named after us, and `isPrivate` says that nobody else has business in it. Returns what is wrong with one of them, null
 * when nothing is; throws the system's error.
 */
export function ensureParents(path: string, isPrivate: boolean): string | null {
  const own = process.getuid?.() ?? 0
  const lowest = dirname(path)
  // Of root's, other servers with other users may come to use the same.
  mkdirSync(lowest, { recursive: true, mode: own === 0 ? 0o755 : 0o700 })
  let isShared = false
  for (const level of levelsDownTo(lowest)) {
    const named = lstatSync(level)
    if (isShared && named.uid !== own && named.uid !== 0)
      return `"${level}" belongs to user ${named.uid}, who can put another in its place`
    const { uid, mode } = statSync(level)
    const isOpen = (mode & othersWrite) !== 0
    // With the sticky bit others can put something beside what is ours, but not in its place.
    isShared = isOpen && (mode & sticky) !== 0
    if (isOpen && !isShared && uid !== own) return `other users may write to "${level}" above it`
  }
  return basename(lowest) === `portico-${own}` && isPrivate ? makePrivate(lowest) : null
}

function makePrivate(path: string): string | null {
  const found = lstatSync(path)
  if (!found.isDirectory()) return `"${path}" is a symbolic link`
  if (found.uid !== process.getuid?.()) return `"${path}" belongs to user ${found.uid}`
  if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700)
  return null
}

/** '/', '/tmp', '/tmp/a' for '/tmp/a'. */
function levelsDownTo(path: string): string[] {
  const above = dirname(path)
  return above === path ? [path] : [...levelsDownTo(above), path]
}

// Who we are and what we may, in the words of the log.

import { accessSync, constants } from 'node:fs'
import { userInfo } from 'node:os'
import { directoryOf, octets, readable } from './octets.ts'

export function mayAccess(path: string, mode: number): boolean {
  try {
    accessSync(octets(path), mode)
    return true
  } catch {
    return false
  }
}

export function whoWeAre(): string {
  try {
    return `user "${userInfo().username}"`
  } catch {
    return `user ${process.geteuid?.()}` // a number without an account
  }
}

/** Which directory keeps us from a file. */
export function closedDirectory(path: string): string {
  let closed: string | undefined
  for (let directory = directoryOf(path); directory !== '/'; directory = directoryOf(directory)) {
    if (mayAccess(directory, constants.F_OK) && !mayAccess(directory, constants.X_OK)) closed = directory
  }
  if (closed === undefined) return `${whoWeAre()} may not search one of its directories; allow it with chmod`
  return `${whoWeAre()} may not search directory "${readable(closed)}"; allow it with chmod`
}

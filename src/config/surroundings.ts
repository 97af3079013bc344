// What a configuration takes from the machine: read in one place, so that tests can give their own.

import { availableParallelism, tmpdir } from 'node:os'
import { findIdentity, type IdentityResult } from '../process/identity/identity.ts'
import { systemUsers, type UserDatabase } from '../process/identity/user.ts'
import { findLibpython } from '../process/python/libpython.ts'
import { coresWithin } from './cores.ts'
import type { LibpythonFinder } from './embedded.ts'

export interface Surroundings {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** 0 is root; -1 where the system has no user ids. */
  readonly uid: number
  /** Groups of the user that runs this. */
  readonly groups: readonly number[]
  readonly users: UserDatabase
  readonly cores: number
  readonly temporary: string
  readonly libpython: LibpythonFinder
  /** Whom a user and a group are. */
  readonly identity: (user: string, group: string | null) => IdentityResult
}

export function readSurroundings(): Surroundings {
  return {
    cwd: process.cwd(),
    environment: process.env,
    uid: process.getuid?.() ?? -1,
    groups: [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])],
    users: systemUsers,
    cores: coresWithin(availableParallelism()),
    temporary: tmpdir(),
    libpython: libpythonOnce(),
    identity: findIdentity,
  }
}

/** Asks each interpreter once: that costs a process. */
function libpythonOnce(): LibpythonFinder {
  const known = new Map<string, ReturnType<LibpythonFinder>>()
  return (python, identity) => {
    const key = `${identity?.uid} ${python}`
    const found = known.get(key) ?? findLibpython(python, process.env, identity)
    known.set(key, found)
    return found
  }
}

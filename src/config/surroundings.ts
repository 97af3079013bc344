// What a configuration takes from the machine: read in one place, so that tests can give their own.

import { availableParallelism, tmpdir } from 'node:os'

export interface Surroundings {
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** 0 is root; -1 where the system has no user ids. */
  readonly uid: number
  readonly cores: number
  readonly temporary: string
}

export function readSurroundings(): Surroundings {
  return {
    cwd: process.cwd(),
    environment: process.env,
    uid: process.getuid?.() ?? -1,
    cores: availableParallelism(),
    temporary: tmpdir(),
  }
}

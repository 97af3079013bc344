// Whether the users of a server may read Portico itself: installed below /root, say, only root can.

import { join } from 'node:path'
import type { Identity } from '../process/identity/identity.ts'
import { blockedAt, type Wanted } from '../process/identity/reach.ts'
import { entry, launcherPath, packagePath } from './package-path.ts'
import type { StartProblem } from './start-problem.ts'

const httpFiles: readonly Wanted[] = [
  { path: process.execPath, to: 'run' },
  { path: entry, to: 'read' },
]
const workerFiles: readonly Wanted[] = [{ path: join(packagePath, '__main__.py'), to: 'read' }]
const launcherFiles: readonly Wanted[] = [
  { path: process.execPath, to: 'run' },
  { path: launcherPath, to: 'read' },
]

/** What an HTTP process needs; undefined when it may read all of that. */
export function httpFilesProblem(identity: Identity | null): StartProblem | undefined {
  return problem(identity, httpFiles)
}

/** What a worker needs. */
export function workerFilesProblem(identity: Identity | null): StartProblem | undefined {
  return problem(identity, workerFiles)
}

/** What the launcher that Node runs needs. */
export function launcherFilesProblem(identity: Identity | null): StartProblem | undefined {
  return problem(identity, launcherFiles)
}

function problem(identity: Identity | null, wanted: readonly Wanted[]): StartProblem | undefined {
  const blocked = blockedAt(identity, wanted)
  if (identity === null || blocked === undefined) return undefined
  return {
    message: `The user "${identity.name}" may not read "${blocked}", which Portico runs from`,
    hint: 'Install Portico and Node.js where every user may read them, for example below /usr/local or /opt',
  }
}

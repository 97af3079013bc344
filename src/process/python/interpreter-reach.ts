// What is wrong with an interpreter that somebody else is to run: that user may not get at it, or what its files show.

import { existsSync } from 'node:fs'
import type { Identity } from '../identity/identity.ts'
import { blockedAt } from '../identity/reach.ts'
import { type InterpreterFault, interpreterFault } from './interpreter-fault.ts'

/** As interpreterFault(), for an interpreter that was started as `identity`. */
export function faultAs(
  identity: Identity | null,
  path: string,
  said: string,
  environment: Readonly<Record<string, string | undefined>>,
): InterpreterFault | undefined {
  const blocked = blockedAt(identity, [{ path, to: 'run' }])
  // What is not there blocks everybody, and there are better words for it.
  if (identity === null || blocked === undefined || !existsSync(blocked)) {
    return interpreterFault(path, said, environment)
  }
  const reason = blocked === path ? '' : `: "${blocked}" does not let that user through`
  return {
    why: `the user "${identity.name}" may not run "${path}"${reason}`,
    hint: `Put it where that user may read it, or let the user in: setfacl -m u:${identity.name}:rx ${blocked}`,
  }
}

// What the HTTP processes cannot read once they are no longer root: files of users, pages, directories of files. Root, who checks
// the configuration, can read all of them.

import type { Identity } from '../process/identity/identity.ts'
import { blockedAt } from '../process/identity/reach.ts'
import type { Findings, Needed } from './findings.ts'

/** More paths than this are asked about one part after the other: they are arguments of a program. */
const mostAtOnce = 100

/** @param identity of the HTTP processes; null asks nothing */
export function warnOfClosed(identity: Identity | null, findings: Findings): void {
  if (identity === null) return
  for (let from = 0; from < findings.needed.length; from += mostAtOnce) {
    const some = findings.needed.slice(from, from + mostAtOnce)
    // Each question costs a process, and the usual answer to all of them is that nothing is in the way.
    if (blockedAt(identity, some) === undefined) continue
    for (const one of some) warnOf(one, identity, findings)
  }
}

function warnOf(one: Needed, identity: Identity, findings: Findings): void {
  const blocked = blockedAt(identity, [one])
  if (blocked === undefined) return
  const { path, place, to } = one
  const way = blocked === path ? '' : `: "${blocked}" is in the way`
  findings.warning(
    place,
    `the user "${identity.name}" may not ${to === 'run' ? 'enter' : 'read'} "${path}"${way}`,
    `Change the owner, the group or the permissions of "${blocked}", or name another "user"`,
  )
}

// What the HTTP processes cannot read once they are no longer root: files of users, pages, directories of files; and the sockets
// that they cannot connect to. Root, who checks the configuration, can do all of that.

import type { Identity } from '../process/identity/identity.ts'
import { ownershipOf } from '../process/identity/ownership.ts'
import { blockedAt } from '../process/identity/reach.ts'
import type { Findings, Needed } from './findings.ts'

/** More paths than this are asked about one part after the other: they are arguments of a program. */
const mostAtOnce = 100

const verbs: Readonly<Record<Needed['to'], string>> = { read: 'read', run: 'enter', connect: 'connect to' }

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
  const ownership = to === 'connect' ? ownershipOf(blocked) : undefined
  const shown = ownership === undefined ? '' : ` (${ownership})`
  const way = blocked === path ? shown : `: "${blocked}"${shown} is in the way`
  findings.warning(
    place,
    `the user "${identity.name}" may not ${verbs[to]} "${path}"${way}`,
    `Change the owner, the group or the permissions of "${blocked}", or name another "user"`,
  )
}

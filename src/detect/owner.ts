// Whose a project is. Root that serves what it finds in a directory runs code that others wrote: it is asked, and
// then served, as the one whose directory it is.

import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { findIdentity, type Identity } from '../process/identity/identity.ts'
import { blockedAt } from '../process/identity/reach.ts'
import type { DetectedConfiguration } from './detection.ts'

export interface Owner {
  /** Null: who we are. */
  readonly identity: Identity | null
  /** What a portico.yaml in the directory would say of it. */
  readonly configuration: Pick<DetectedConfiguration, 'user' | 'group'>
  readonly steps: readonly string[]
}

export const nobodyElse: Owner = { identity: null, configuration: {}, steps: [] }

/**
 * Of the directory, or else of a virtual environment in it or of the folder of the application; nobody else's when that user
 * cannot get there.
 * @param target of WSGI, as in `serve FOLDER/app.py:application`
 */
export function ownerOf(directory: string, target?: string): Owner {
  if (process.getuid?.() !== 0) return nobodyElse
  const base = resolve(directory)
  const places = [base, join(base, '.venv'), join(base, 'venv')]
  if (target?.includes('/')) places.push(dirname(resolve(base, target)))
  for (const place of places) {
    const stat = statSync(place, { throwIfNoEntry: false })
    if (stat === undefined || stat.uid === 0) continue
    const owner = ownerWith(String(stat.uid), String(stat.gid))
    // Below /root, say, where an archive was unpacked with the numbers of another machine: only root puts things there.
    if (owner === undefined || blockedAt(owner.identity, [{ path: place, to: 'run' }]) !== undefined) continue
    const { name } = owner.identity
    const step = `user: ${name}, whose "${place}" is; nothing of it but the supervisor runs as root`
    return { ...owner, steps: [step] }
  }
  return nobodyElse
}

/** An account, or else the bare numbers: in a container those of a mounted directory have none. */
function ownerWith(uid: string, gid: string) {
  const account = findIdentity(uid, null)
  if (account.kind === 'ok') {
    return { identity: account.identity, configuration: { user: account.identity.name } }
  }
  const bare = findIdentity(uid, gid)
  return bare.kind === 'ok'
    ? { identity: bare.identity, configuration: { user: uid, group: gid } }
    : undefined
}

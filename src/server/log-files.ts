// The files of logs, made by the supervisor where the HTTP process runs as somebody else: root may write where logs usually
// lie, and that user may not; and a file that root has made for itself would be closed to that user.

import { closeSync, constants, fchownSync } from 'node:fs'
import type { Effective } from '../config/effective.ts'
import { openGuarded } from '../log/guarded-open.ts'
import { httpAccount } from './accounts.ts'

// Only a file that nobody has made before us changes its owner: in a directory of that user's, a name could be a link to
// any file of the machine.
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/** Makes those that are not there and gives them to the user of the HTTP process. What cannot be made is told by who opens it. */
export function createLogFiles(effective: Effective): void {
  const account = httpAccount(effective)
  if (account.kind === 'bad' || account.identity === null) return
  const { log, sites } = effective
  const paths = new Set([log.error, log.access, ...sites.map((site) => site.log?.access ?? '-')])
  for (const path of paths) if (path !== '-' && path !== 'off') create(path, account)
}

function create(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  try {
    const file = openGuarded(path, flags, 0o640)
    try {
      fchownSync(file, uid, gid)
    } finally {
      closeSync(file)
    }
  } catch {
    // It is there, or whoever opens it will say why not.
  }
}

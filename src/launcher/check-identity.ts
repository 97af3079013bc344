// The launcher is the user that its scripts run as: whoever starts it has made it that user. It refuses to be another.

import { findIdentity, type IdentityResult } from '../process/identity/identity.ts'
import { findGroup } from '../process/identity/user.ts'
import type { StartFailure } from '../process/worker/control-line.ts'

/** Why we are not who we were told to be; undefined when we are. */
export function identityFailure(user: string | null, group: string | null): StartFailure | undefined {
  if (user === null && group === null) return undefined
  const names = [
    ...(user === null ? [] : [`user "${user}"`]),
    ...(group === null ? [] : [`group "${group}"`]),
  ].join(' and ')
  const failure = (why: string, hint: string): StartFailure => ({
    reason: 'user',
    message: `Cannot run as ${names}: ${why}`,
    hint,
    traceback: '',
  })
  const wanted = wantedIds(user, group)
  if ('message' in wanted) return failure(wanted.message, wanted.hint)
  const { uid, gid } = wanted
  const own = [process.getuid?.(), process.geteuid?.(), process.getgid?.(), process.getegid?.()]
  if ([uid, uid, gid, gid].every((id, i) => id === own[i])) return undefined
  if (process.geteuid?.() === 0)
    return failure('this process was started as root', 'Nobody made it that user before it began')
  return failure(
    'the launcher was not started by root',
    'Start the server as root, or leave out "user" and "group"',
  )
}

function wantedIds(
  user: string | null,
  group: string | null,
): { readonly uid: number; readonly gid: number } | Extract<IdentityResult, { kind: 'bad' }> {
  if (user !== null) {
    const found = findIdentity(user, group)
    return found.kind === 'ok' ? found.identity : found
  }
  const found = findGroup(group ?? '')
  const gid = found.kind === 'ok' ? found.gid : Number(group)
  if (Number.isInteger(gid)) return { uid: process.geteuid?.() ?? -1, gid }
  return { ...(found as Extract<typeof found, { kind: 'bad' }>), setting: 'group' }
}

// Who may connect to a unix socket: mode, owner and group of its file. Names are looked up here so that a wrong one
// is found before the server starts; the supervisor looks them up again when it binds.

import { findGroup, findUser } from '../process/identity/user.ts'
import { defaultSocketMode } from './defaults.ts'
import type { Listen } from './effective.ts'
import { type Findings, type Place, within } from './findings.ts'
import type { WrittenListener } from './schema.ts'
import type { Surroundings } from './surroundings.ts'

type SocketAccess = Pick<Listen, 'mode' | 'owner' | 'group'>

export function resolveSocketAccess(
  written: WrittenListener,
  place: Place,
  surroundings: Surroundings,
  findings: Findings,
): SocketAccess {
  if (written.address.kind === 'tcp') {
    for (const key of ['mode', 'owner', 'group'] as const) {
      if (written[key] === null || written[key] === undefined) continue
      findings.error(
        within(place, key),
        `"${key}" is for unix sockets: "${written.address.written}" has no file`,
        'Remove it',
        'key',
      )
    }
    return { mode: null, owner: null, group: null }
  }
  const access = {
    mode: findings.pick(written.mode, defaultSocketMode, within(place, 'mode')),
    owner: findings.pick(written.owner, null, within(place, 'owner')),
    group: findings.pick(written.group, null, within(place, 'group')),
  }
  checkOwner(access.owner, within(place, 'owner'), surroundings, findings)
  checkGroup(access.group, within(place, 'group'), surroundings, findings)
  return access
}

function checkOwner(
  owner: string | null,
  place: Place,
  { uid, users }: Surroundings,
  findings: Findings,
): void {
  if (owner === null) return
  const found = findUser(owner, users)
  if (found.kind === 'bad') findings.error(place, lowerFirst(found.message), found.hint)
  else if (uid !== 0 && found.user.uid !== uid)
    findings.error(
      place,
      `only root can give the socket to "${owner}"`,
      'Start Portico as root with user: set, or remove it',
    )
}

function checkGroup(
  group: string | null,
  place: Place,
  { uid, groups, users }: Surroundings,
  findings: Findings,
): void {
  if (group === null) return
  const found = findGroup(group, users)
  if (found.kind === 'bad') findings.error(place, lowerFirst(found.message), found.hint)
  else if (uid !== 0 && !groups.includes(found.gid))
    findings.error(
      place,
      `only root can give the socket to the group "${group}", which this user is not in`,
      'Start Portico as root with user: set, or name a group of this user',
    )
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

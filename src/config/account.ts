// Whom the server and each application run as: what is written, and whether there is such an account.

import type { Identity } from '../process/identity/identity.ts'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'
import type { Surroundings } from './surroundings.ts'

export interface Account {
  readonly user: string | null
  readonly group: string | null
  /** Null when nobody is named, or when only root could change to that user. */
  readonly identity: Identity | null
}

interface Written {
  readonly user?: string | null | undefined
  readonly group?: string | null | undefined
}

/** An application that names no user gets `outer`, the server's; its group only together with its user. */
export function resolveAccount(
  written: Written,
  outer: Account | null,
  place: Place,
  surroundings: Surroundings,
  findings: Findings,
): Account {
  const isWritten = (key: 'user' | 'group') => written[key] !== null && written[key] !== undefined
  const user = findings.pick(written.user, outer?.user ?? null, within(place, 'user'))
  const inherited = isWritten('user') ? null : (outer?.group ?? null)
  const group = findings.pick(written.group, inherited, within(place, 'group'))
  if (!isWritten('user') && !isWritten('group')) return { user, group, identity: outer?.identity ?? null }
  if (user === null) {
    const hint = 'Set "user" as well, or remove it'
    findings.error(within(place, 'group'), '"group" counts only together with "user", and none is set', hint)
    return { user, group, identity: null }
  }
  const found = surroundings.identity(user, group)
  const isRoot = surroundings.uid === 0
  if (found.kind === 'ok') return { user, group, identity: isRoot ? found.identity : null }
  const { setting, message, hint } = found
  const sentence = message.charAt(0).toLowerCase() + message.slice(1)
  // Of a server that others start elsewhere the accounts may be elsewhere, too.
  if (isRoot) findings.error(within(place, setting), sentence, hint)
  else findings.warning(within(place, setting), `${sentence} on this machine`, hint)
  return { user, group, identity: null }
}

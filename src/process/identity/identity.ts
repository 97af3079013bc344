// Who a process is: the ids that login(1) would give it for an account. Looked up once, when a server starts.

import { findGroup, findUser, systemUsers, type UserDatabase } from './user.ts'

export interface Identity {
  /** Of the account; its number where there is none. */
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** `gid` and the groups that list the account: what initgroups(3) sets. */
  readonly groups: readonly number[]
  readonly home: string
}

export type IdentityResult =
  | { readonly kind: 'ok'; readonly identity: Identity }
  | {
      readonly kind: 'bad'
      /** Which of the two is wrong. */
      readonly setting: 'user' | 'group'
      readonly message: string
      readonly hint: string
    }

/** `group` takes the place of the account's own. Numbers without an account need both. */
export function findIdentity(
  user: string,
  group: string | null,
  database: UserDatabase = systemUsers,
): IdentityResult {
  const account = findUser(user, database)
  if (group === null) {
    if (account.kind === 'bad') return { ...account, setting: 'user' }
    return { kind: 'ok', identity: identityOf(account.user, account.user.gid, database) }
  }
  const found = findGroup(group, database)
  const gid = found.kind === 'ok' ? found.gid : number(group)
  if (gid === undefined) return { ...(found as Extract<typeof found, { kind: 'bad' }>), setting: 'group' }
  if (account.kind === 'ok') return { kind: 'ok', identity: identityOf(account.user, gid, database) }
  const uid = number(user)
  if (uid === undefined) return { ...account, setting: 'user' }
  return { kind: 'ok', identity: { name: user, uid, gid, groups: [gid], home: '/' } }
}

function identityOf(
  { name, uid, home }: { readonly name: string; readonly uid: number; readonly home: string },
  gid: number,
  database: UserDatabase,
): Identity {
  return { name, uid, gid, groups: [...new Set([gid, ...database.groups(name)])], home }
}

function number(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

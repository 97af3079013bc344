// Users and groups by name: /etc/passwd and /etc/group, then getent for those that live elsewhere (LDAP,
// systemd).

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface User {
  readonly name: string
  readonly uid: number
  /** Its primary group. */
  readonly gid: number
  readonly home: string
}

export type UserResult =
  | { readonly kind: 'ok'; readonly user: User }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

export type GroupResult =
  | { readonly kind: 'ok'; readonly gid: number }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

/** Where entries are looked for, in order; a source gives lines of passwd(5) or group(5). */
export interface UserDatabase {
  lines(table: 'passwd' | 'group', key: string): readonly string[]
  /** Numbers of the groups that list a user. */
  groups(user: string): readonly number[]
}

const getentMs = 5000

export const systemUsers: UserDatabase = {
  lines(table, key) {
    const found = matching(readLines(`/etc/${table}`), key)
    if (found.length > 0) return found
    const answer = spawnSync('getent', ['--', table, key], { encoding: 'utf8', timeout: getentMs })
    return matching((answer.stdout ?? '').split('\n'), key)
  },
  groups(user) {
    // Asks every source that login(1) would; what has no such table (musl) has only the file.
    const answer = spawnSync('getent', ['--', 'initgroups', user], { encoding: 'utf8', timeout: getentMs })
    if (answer.status === 0) return (answer.stdout.match(/(?<=\s)\d+/g) ?? []).map(Number)
    const listing = readLines('/etc/group').map((line) => line.split(':'))
    return listing.filter((columns) => columns[3]?.split(',').includes(user)).map((columns) => id(columns[2]))
  },
}

/** By name, or by number when that number has an entry. */
export function findUser(name: string, database: UserDatabase = systemUsers): UserResult {
  const columns = database.lines('passwd', name)[0]?.split(':') ?? []
  const user = { name: columns[0] ?? '', uid: id(columns[2]), gid: id(columns[3]), home: columns[5] ?? '/' }
  if (columns.length >= 7 && user.uid >= 0 && user.gid >= 0) return { kind: 'ok', user }
  return {
    kind: 'bad',
    message: `There is no user "${name}"`,
    hint: `Create it with: useradd --system ${name}`,
  }
}

export function findGroup(name: string, database: UserDatabase = systemUsers): GroupResult {
  const gid = id(database.lines('group', name)[0]?.split(':')[2])
  if (gid >= 0) return { kind: 'ok', gid }
  return {
    kind: 'bad',
    message: `There is no group "${name}"`,
    hint: `Create it with: groupadd --system ${name}`,
  }
}

/** Of an id, or else its number. Only /etc is asked, so that it takes no time. */
export function localName(table: 'passwd' | 'group', number: number): string {
  const lines = readLines(`/etc/${table}`).map((line) => line.split(':'))
  return lines.find((columns) => id(columns[2]) === number)?.[0] ?? String(number)
}

/** Lines whose name or number is `key`. */
function matching(lines: readonly string[], key: string): string[] {
  return lines.filter((line) => {
    const columns = line.split(':')
    return columns[0] === key || columns[2] === key
  })
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** -1 when it is no number that an id can have. */
function id(text: string | undefined): number {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : -1
}

// Who may come to a mount or a site: addresses and a file of users, which is read here to name the lines that cannot work.

import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { maxHtpasswdBytes, parseHtpasswd } from '../schema/htpasswd.ts'
import type { Access, AccessUsers } from './effective.ts'
import { type Findings, type Place, within } from './findings.ts'
import { didYouMean, notFile } from './on-disk.ts'
import type { WrittenAccess } from './option-schema.ts'

const defaultRealm = 'Restricted'

/** @param place of `access` itself */
export function resolveAccess(
  written: NonNullable<WrittenAccess>,
  place: Place,
  directory: string,
  findings: Findings,
): Access | false {
  findings.note(place)
  if (written === false) return false
  const { users } = written
  const allow = list('allow', written.allow, place, findings)
  const deny = list('deny', written.deny, place, findings)
  if (allow === null && deny === null && (users === null || users === undefined))
    findings.error(
      place,
      '"access" names nobody: it says neither "allow" nor "deny" nor "users"',
      'Write for example access: { users: htpasswd }, or off for none',
      'key',
    )
  return { allow, deny: deny ?? [], users: resolveUsers(users, within(place, 'users'), directory, findings) }
}

function list(
  key: 'allow' | 'deny',
  written: readonly string[] | null | undefined,
  place: Place,
  findings: Findings,
): readonly string[] | null {
  if (written?.length === 0)
    findings.error(within(place, key), `"${key}" is an empty list`, 'Write deny: all to admit nobody')
  return findings.pick(written ?? null, null, within(place, key))
}

function resolveUsers(
  written: Exclude<NonNullable<WrittenAccess>, false>['users'],
  place: Place,
  directory: string,
  findings: Findings,
): AccessUsers | null {
  if (written === null || written === undefined) {
    findings.note(place, 'default')
    return null
  }
  findings.note(place)
  const path = typeof written === 'string' ? written : written.file
  const at = typeof written === 'string' ? place : within(place, 'file')
  const file = resolve(directory, path)
  const wrong = notFile(file)
  if (wrong !== undefined)
    findings.error(at, wrong, `${didYouMean(file, path)}Make it with: htpasswd -B -c FILE NAME`)
  else {
    findings.need(at, file, 'read')
    checkLines(file, at, findings)
  }
  const realm = typeof written === 'string' ? null : written.realm
  return { file, realm: findings.pick(realm, defaultRealm, within(place, 'realm')) }
}

function checkLines(file: string, at: Place, findings: Findings): void {
  const found = statSync(file)
  if (!found.isFile() || found.size > maxHtpasswdBytes) {
    findings.error(at, `"${file}" is not a file of users`, 'Name a file that htpasswd has written')
    return
  }
  for (const { line, message, hint } of parseHtpasswd(readFileSync(file, 'utf8')).problems)
    findings.errorAt({ file, line, column: 1 }, message, hint)
}

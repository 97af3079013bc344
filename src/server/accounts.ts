// Which users the HTTP process and the workers run as (DESIGN section 2, sockets and users).
// Only root can choose; without root, or without a user in the configuration, all are who the supervisor is.

import { defaultSocketMode } from '../config/defaults.ts'
import type { Application, Effective, Listen, Service } from '../config/effective.ts'
import { findIdentity, type Identity } from '../process/identity/identity.ts'
import { findGroup, findUser } from '../process/identity/user.ts'
import type { UnixAccess } from '../process/socket/listener-handles.ts'

export type HttpAccount =
  | (Account & {
      /** Somebody runs as another user than the supervisor, so directories and sockets are shared by group. */
      readonly shared: boolean
    })
  | NoAccount

export type WorkerAccount = Account | NoAccount

interface Account {
  readonly kind: 'ok'
  /** Null: who the supervisor is. */
  readonly identity: Identity | null
  readonly uid: number
  readonly gid: number
}

interface NoAccount {
  readonly kind: 'bad'
  readonly message: string
  readonly hint: string
}

/** Who the HTTP process is. */
export function httpAccount(effective: Effective): HttpAccount {
  const isRoot = process.getuid?.() === 0
  const shared =
    isRoot && (effective.user !== null || effective.applications.some(({ user }) => user !== null))
  const account = accountOf(isRoot ? effective.user : null, effective.group)
  return account.kind === 'bad' ? account : { ...account, shared }
}

export type SocketAccess =
  | { readonly kind: 'ok'; readonly access: UnixAccess }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

/** Who may connect to a unix socket of the configuration. */
export function socketAccess({ mode, owner, group }: Listen): SocketAccess {
  const user = owner === null ? undefined : findUser(owner)
  if (user?.kind === 'bad') return user
  const shared = group === null ? undefined : findGroup(group)
  if (shared?.kind === 'bad') return shared
  const access = {
    mode: mode ?? defaultSocketMode,
    ...(user === undefined ? {} : { uid: user.user.uid }),
    ...(shared === undefined ? {} : { gid: shared.gid }),
  }
  return { kind: 'ok', access }
}

/** Who the workers of an application are: its user, else that of the HTTP process. */
export function accountFor(
  application: Application,
  http: Extract<HttpAccount, { kind: 'ok' }>,
): WorkerAccount {
  return application.user === null || !http.shared ? http : accountOf(application.user, application.group)
}

/** Who a service is: the user that counts for it, whoever the others are. */
export function serviceAccount({ name, user, group }: Service): WorkerAccount {
  const uid = process.getuid?.() ?? 0
  if (uid === 0) return accountOf(user, group)
  const own = user === null ? undefined : findUser(user)
  if (own?.kind === 'bad') return own
  if (own === undefined || own.user.uid === uid) return accountOf(null, null)
  return {
    kind: 'bad',
    message: `Only root can start the service "${name}" as user "${user}"`,
    hint: 'Start Portico as root, or remove "user"',
  }
}

/** An application that names no user runs as the HTTP processes do, never as root because nobody said otherwise. */
export function asWhom(application: Application, { user, group }: Effective): Application {
  return application.user === null ? { ...application, user, group } : application
}

function accountOf(user: string | null, group: string | null): Account | NoAccount {
  if (user === null) {
    return { kind: 'ok', identity: null, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  }
  const found = findIdentity(user, group)
  if (found.kind === 'bad') return found
  const { identity } = found
  return { kind: 'ok', identity, uid: identity.uid, gid: identity.gid }
}

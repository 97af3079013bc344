// Which users the HTTP process and the workers run as (DESIGN section 2, sockets and users).
// Only root can choose; without root, or without a user in the configuration, all are who the supervisor is.

import { defaultSocketMode } from '../config/defaults.ts'
import type { Application, Effective, Listen } from '../config/effective.ts'
import type { UnixAccess } from '../process/listener-handles.ts'
import { findGroup, findUser } from '../process/user.ts'

export type HttpAccount =
  | {
      readonly kind: 'ok'
      readonly uid: number
      readonly gid: number
      /** Home directory; null of who starts the server. */
      readonly home: string | null
      /** Somebody runs as another user than the supervisor, so directories and sockets are shared by group. */
      readonly shared: boolean
    }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

export type WorkerAccount =
  | { readonly kind: 'ok'; readonly uid: number; readonly home: string | null }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

/** Who the HTTP process is. */
export function httpAccount(effective: Effective): HttpAccount {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  const shared =
    uid === 0 && (effective.user !== null || effective.applications.some(({ user }) => user !== null))
  if (effective.user === null || !shared) return { kind: 'ok', uid, gid, home: null, shared }
  const found = findUser(effective.user)
  if (found.kind === 'bad') return found
  if (effective.group === null) {
    return { kind: 'ok', uid: found.user.uid, gid: found.user.gid, home: found.user.home, shared }
  }
  const group = findGroup(effective.group)
  if (group.kind === 'bad') return group
  return { kind: 'ok', uid: found.user.uid, gid: group.gid, home: found.user.home, shared }
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
  if (application.user === null || !http.shared) return { kind: 'ok', uid: http.uid, home: null }
  const found = findUser(application.user)
  return found.kind === 'bad' ? found : { kind: 'ok', uid: found.user.uid, home: found.user.home }
}

/** An application that names no user runs as the HTTP processes do, never as root because nobody said otherwise. */
export function asWhom(application: Application, { user, group }: Effective): Application {
  return application.user === null ? { ...application, user, group } : application
}

// What `portico fastcgi` and `portico scgi` say at start: where they listen, what they run, and as whom.

import type { Application, Listen } from '../config/effective.ts'
import { isLoopback } from '../ip-address.ts'
import { programVersion } from '../server/version.ts'
import type { Protocol } from './responder-flags.ts'

export interface ResponderFacts {
  readonly protocol: Protocol
  readonly application: Application
  /** As configured; undefined: descriptor 0. */
  readonly listen: Listen | undefined
  /** As bound: a port of 0 has become a real one. */
  readonly bound: Pick<Listen, 'kind' | 'host' | 'port' | 'path'> | undefined
  /** How the user of the application is named. */
  readonly userSetting: string
  /** FCGI_WEB_SERVER_ADDRS (FastCGI 1.0 section 3.2) says who may connect over TCP. */
  readonly choosesClients: boolean
}

/** Lines for people. */
export function responderTable({
  protocol,
  application,
  listen,
  bound,
  userSetting,
  choosesClients,
}: ResponderFacts): string[] {
  const { wsgi, processes, threads, python, user } = application
  const name = protocol === 'fastcgi' ? 'FastCGI' : 'SCGI'
  const where = bound === undefined ? 'descriptor 0' : addressOf(bound)
  const access = listen?.mode == null ? '' : `   mode ${listen.mode.toString(8).padStart(4, '0')}`
  const group = listen?.group == null ? '' : `, group ${listen.group}`
  return [
    `portico ${programVersion()}   node ${process.versions.node}   pid ${process.pid}`,
    `listen   ${where}   ${name}${access}${group}`,
    `wsgi     ${wsgi}   ${processes} x ${threads} threads, ${python}`,
    ...(bound?.kind === 'tcp' && !choosesClients && !isLoopback(bound.host) ? [openNote(where)] : []),
    ...(process.getuid?.() === 0 && user === null ? [asRootNote(wsgi, userSetting)] : []),
    ...(listen === undefined ? [] : [snippetNote]),
  ]
}

const snippetNote =
  'note     the same command with --snippet nginx, apache or lighttpd prints what that server needs'

function openNote(where: string): string {
  return `warning  other machines reach ${where}: whoever can connect can claim to be any user; bind a unix socket or 127.0.0.1, or name the web servers in FCGI_WEB_SERVER_ADDRS`
}

/** @param userSetting how a user is named */
export function asRootNote(wsgi: string, userSetting: string): string {
  return `note     as root: ${wsgi}; for a server that others reach, name a user with ${userSetting}`
}

function addressOf({ kind, host, port, path }: Pick<Listen, 'kind' | 'host' | 'port' | 'path'>): string {
  return kind === 'unix' ? `unix:${path}` : `${host || '*'}:${port}`
}

// Listen addresses: "8000", ":8000", "127.0.0.1:8000", "[::]:80", "*:80", "localhost:80", "unix:/path", "https://*:443".
// Only the notation: whether a host name resolves or a path exists is seen when the listener opens.

import { isIP } from 'node:net'

/** An address in parts: host is '' for every address and for unix, path is '' for tcp. */
export interface Address {
  readonly kind: 'tcp' | 'unix'
  readonly tls: boolean
  readonly host: string
  readonly port: number
  readonly path: string
}

export type AddressResult =
  | { readonly kind: 'ok'; readonly address: Address }
  | { readonly kind: 'bad'; readonly why: string; readonly hint: string }

/** Octets that fit the path of a unix socket (sun_path without its NUL) on every system that Portico runs on. */
export const maxSocketPathBytes = 106

/** Parses a listen address; a relative unix path stays relative. */
export function parseAddress(written: string | number): AddressResult {
  const text = String(written).trim()
  const scheme = /^(https?):\/\//.exec(text)
  const tls = scheme?.[1] === 'https'
  const rest = (scheme ? text.slice(scheme[0].length) : text).replace(/\/$/, scheme ? '' : '/')
  if (rest.startsWith('unix:')) return parseUnix(text, rest.slice(5), tls)
  const match = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d+)$/.exec(rest)
  if (!match) return bad(`"${text}" is not an address to listen on`, hintFor(rest))
  const [, name = '', digits = ''] = match
  const port = Number(digits)
  if (port > 65_535)
    return bad(`the port ${digits} in "${text}" is above 65535`, 'Write a port from 1 to 65535')
  const host = name === '*' ? '' : name.replace(/^\[|\]$/g, '')
  if (name.startsWith('[') && isIP(host) !== 6)
    return bad(`"${name}" is not an IPv6 address`, 'Write for example [::1]:8000')
  if (!name.startsWith('[') && host !== '' && !isHostName(host)) {
    return bad(
      `"${host}" in "${text}" is neither an IP address nor a host name`,
      'Write for example 127.0.0.1:8000',
    )
  }
  return { kind: 'ok', address: { kind: 'tcp', tls, host, port, path: '' } }
}

function parseUnix(text: string, path: string, tls: boolean): AddressResult {
  if (path === '')
    return bad(`"${text}" names no socket`, 'Write the path behind the colon: unix:/run/portico/http.sock')
  if (path.includes('\0') || path.startsWith('@')) {
    return bad(
      `"${text}" is not the path of a socket`,
      'Write the path of a file: unix:/run/portico/http.sock',
    )
  }
  return { kind: 'ok', address: { kind: 'unix', tls, host: '', port: 0, path } }
}

/** As other servers write where an application is: `fcgi://127.0.0.1:9000`, `proxy:unix:/run/a.sock|fcgi://localhost/`. */
const othersWords = /^(?:proxy:)?(?:(unix:[^|]+)\||(?:fcgi|fastcgi|scgi|uwsgi|tcp):\/\/([^/|]+)\/?$)/

function hintFor(text: string): string {
  const [, socket, address] = othersWords.exec(text) ?? []
  if (socket !== undefined || address !== undefined) return `Write it as ${socket ?? address}`
  if (isIP(text) === 6 || /^[0-9a-f]*:[0-9a-f:]+$/i.test(text))
    return `An IPv6 address stands in brackets before its port: [::1]:8000`
  if (isIP(text) === 4 || isHostName(text)) return `The port is missing: write ${text}:8000`
  if (text.startsWith('/')) return `For a unix socket write unix:${text}`
  return 'Write 8000, 127.0.0.1:8000, [::]:8000 or unix:/run/portico/http.sock'
}

/** True for names such as "example.com" and for IPv4 addresses; four numbers out of range are not a name. */
export function isHostName(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return isIP(text) === 4
  return text.length <= 253 && /^[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*\.?$/i.test(text)
}

function bad(why: string, hint: string): AddressResult {
  return { kind: 'bad', why, hint }
}

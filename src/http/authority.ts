// Host and port as a Host field or an absolute target carries them (RFC 3986 section 3.2, RFC 9110 section 7.2).
// User information is refused: it has no place in a request and is used to deceive.

import { isIPv6 } from 'node:net'

export interface Authority {
  /** Lower case, IPv6 in brackets. */
  readonly host: string
  /** undefined when none is given or the port is empty. */
  readonly port: number | undefined
}

// reg-name without percent-encoding: an encoded host name is never what an honest client sends.
const registeredName = /^([A-Za-z0-9._~!$&'()*+;=-]+)(?::([0-9]*))?$/
const bracketed = /^\[([0-9A-Fa-f:.]+)\](?::([0-9]*))?$/

// Most requests of a server name the same one.
let lastText = ''
let lastAuthority: Authority | undefined

/** Parses `host[:port]`; undefined when it is not valid. A host name alone, `[::1]:80` and `h:` are valid. */
export function parseAuthority(text: string): Authority | undefined {
  if (text === lastText) return lastAuthority
  lastAuthority = parse(text)
  lastText = text
  return lastAuthority
}

function parse(text: string): Authority | undefined {
  const name = registeredName.exec(text) ?? bracketed.exec(text)
  if (name === null) return undefined
  const [, host = '', digits = ''] = name
  const literal = text.charCodeAt(0) === 0x5b
  if (literal && !isIPv6(host)) return undefined
  const port = digits === '' ? undefined : Number(digits)
  if (port !== undefined && port > 65535) return undefined
  const lower = host.toLowerCase()
  return { host: literal ? `[${lower}]` : lower, port }
}

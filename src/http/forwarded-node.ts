// One address as proxies write it: the nodes of RFC 7239 section 6, and the looser elements of X-Forwarded-For.

import { formatIp, type IpOctets, parseIp } from '../ip-address.ts'

export interface ForwardedNode {
  readonly octets: IpOctets
  /** Without brackets, in the one form of RFC 5952. */
  readonly address: string
  /** 0 when none is given, or an obfuscated one. */
  readonly port: number
}

const bareNode = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::(?:([0-9]{1,5})|_[A-Za-z0-9._-]+))?$/

/**
 * The address of a node, with its port: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:_x`. Undefined for `unknown`, for an
 * obfuscated identifier (`_hidden`) and for what is not valid: none of them names an address.
 */
export function parseNode(text: string): ForwardedNode | undefined {
  const match = bareNode.exec(text)
  if (match === null) return undefined
  const [, ipv6, ipv4 = '', digits = ''] = match
  // Brackets are for IPv6 and for nothing else.
  if (ipv6 !== undefined && !ipv6.includes(':')) return undefined
  const port = Number(digits)
  return port > 65_535 ? undefined : nodeOf(ipv6 ?? ipv4, port)
}

/** An element of X-Forwarded-For: a node, or an IPv6 address without brackets. */
export function parseForElement(text: string): ForwardedNode | undefined {
  return nodeOf(text, 0) ?? parseNode(text)
}

function nodeOf(text: string, port: number): ForwardedNode | undefined {
  const octets = parseIp(text)
  return octets && { octets, address: formatIp(octets), port }
}

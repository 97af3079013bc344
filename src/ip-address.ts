// IP addresses as octets (RFC 4291), and the one way of writing them (RFC 5952): parsed strictly, compared by octets.
// An IPv4 address in the form of IPv6 (::ffff:192.0.2.1) is that IPv4 address: so peers look on a listener of both families.

import { isIPv4, isIPv6 } from 'node:net'

/** Four octets or sixteen. */
export type IpOctets = Uint8Array

/** The octets of an address; undefined when the text is none. A zone (`%eth0`) is no part of an address. */
export function parseIp(text: string): IpOctets | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.'), Number)
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [front = '', back] = text.split('::')
  const left = groupsOf(front)
  const right = back === undefined ? [] : groupsOf(back)
  const octets = new Uint8Array(16)
  writeGroups(octets, 0, left)
  writeGroups(octets, 16 - 2 * right.length, right)
  return isMapped(octets) ? octets.subarray(12) : octets
}

/** Whether only this machine reaches it: 127.0.0.0/8, ::1, or the name that always means them (RFC 6761 section 6.3). */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  const octets = parseIp(host)
  if (octets === undefined) return false
  return octets.length === 4 ? octets[0] === 127 : formatIp(octets) === '::1'
}

/** The address as RFC 5952 writes it: lower case, no leading zeros, the longest run of zeros shortened. */
export function formatIp(octets: IpOctets): string {
  if (octets.length === 4) return octets.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0))
  const { start, length } = longestZeros(groups)
  const write = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return length < 2
    ? write(groups)
    : `${write(groups.slice(0, start))}::${write(groups.slice(start + length))}`
}

/** An IPv6 address in brackets, as hosts have it, in the one form of RFC 5952; what is no such address stays as it is. */
export function normalLiteral(host: string): string {
  if (!host.startsWith('[')) return host
  const address = host.slice(1, -1)
  const octets = address.includes(':') ? parseIp(address) : undefined
  if (octets === undefined) return host
  return octets.length === 4 ? `[::ffff:${formatIp(octets)}]` : `[${formatIp(octets)}]`
}

/**
 * Whom limits by address take for one client: an IPv4 address, or the network of 64 bits that an IPv6 address lies in,
 * since whoever has one such address has the others of that network, too.
 */
export function clientNetwork(address: string): string {
  if (!address.includes(':')) return address
  const octets = parseIp(address.replace(/%.*$/, ''))
  if (octets === undefined) return address
  return octets.length === 4 ? formatIp(octets) : `${formatIp(octets.map(firstHalf))}/64`
}

function firstHalf(octet: number, index: number): number {
  return index < 8 ? octet : 0
}

// Only for text that node:net has already found to be an IPv6 address.
function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}

function writeGroups(octets: Uint8Array, at: number, groups: readonly number[]): void {
  groups.forEach((group, i) => {
    octets[at + 2 * i] = group >> 8
    octets[at + 2 * i + 1] = group & 0xff
  })
}

function isMapped(octets: Uint8Array): boolean {
  return octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === 0) end++
    if (end - start > best.length) best = { start, length: end - start }
  }
  return best
}

// Networks in address lists: one IP address, or an address with a prefix length ("10.0.0.0/8"), and lists of them.

import { formatIp, type IpOctets, parseIp } from '../ip-address.ts'

export interface Network {
  readonly octets: IpOctets
  /** Leading bits that an address must share. */
  readonly bits: number
}

export type NetworkResult =
  | { readonly kind: 'ok'; readonly network: Network }
  | { readonly kind: 'bad'; readonly why: string; readonly hint: string }

const hint = 'Write an address such as 127.0.0.1, or a network such as 10.0.0.0/8'

/** Parses an address or a network; a network whose address has bits behind its prefix is refused, for it is unclear. */
export function parseNetwork(text: string): NetworkResult {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const octets = parseIp(address)
  if (octets === undefined) return bad(`"${text}" is not an IP address or a network`, hint)
  const size = octets.length * 8
  if (slash < 0) return { kind: 'ok', network: { octets, bits: size } }
  const digits = text.slice(slash + 1)
  // What is IPv4 in the form of IPv6 counts its prefix from the start of that form.
  const skipped = size === 32 && address.includes(':') ? 96 : 0
  const bits = Number(digits) - skipped
  if (!/^\d{1,3}$/.test(digits) || bits < 0 || bits > size) {
    const range = `from ${skipped} to ${skipped + size}`
    return bad(`"${text}" is not a network: its prefix length is a number ${range}`, hint)
  }
  const start = masked(octets, bits)
  if (start.some((octet, i) => octet !== octets[i])) {
    const network = `${formatIp(start)}/${bits}`
    return bad(
      `"${text}" has bits set behind its prefix: the network that it lies in is ${network}`,
      `Write ${network}, or ${formatIp(octets)} for that address alone`,
    )
  }
  return { kind: 'ok', network: { octets, bits } }
}

/** Whether the address lies in one of the networks; an IPv4 address lies in IPv4 networks only. */
export function liesWithin(networks: readonly Network[], address: IpOctets): boolean {
  return networks.some((network) => contains(network, address))
}

function contains({ octets, bits }: Network, address: IpOctets): boolean {
  if (octets.length !== address.length) return false
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) if (octets[i] !== address[i]) return false
  const rest = bits & 7
  return rest === 0 || (((octets[whole] ?? 0) ^ (address[whole] ?? 0)) & (0xff00 >> rest) & 0xff) === 0
}

function masked(octets: IpOctets, bits: number): Uint8Array {
  return octets.map((octet, i) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * i))
    return octet & (0xff00 >> kept)
  })
}

function bad(why: string, hint: string): NetworkResult {
  return { kind: 'bad', why, hint }
}

// The header of the PROXY protocol, versions 1 and 2 (HAProxy's proxy-protocol.txt, 2.1 and 2.2): the line or block in
// front of a connection with which a proxy names the connection that it had itself.
// Pure: looks at what has come so far, never behind the end of the header.

import { formatIp, parseIp } from '../ip-address.ts'

/** The two ends of the connection that the proxy had. */
export interface ProxiedConnection {
  readonly sourceAddress: string
  readonly sourcePort: number
  readonly destinationAddress: string
  readonly destinationPort: number
}

/**
 * What a header tells: the connection of a client; `local`, the proxy speaks for itself; `unix`, its client came over a
 * unix socket; `unknown`, it does not know where from.
 */
export type Proxied = ProxiedConnection | 'local' | 'unix' | 'unknown'

export type ProxyHeader =
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly why: string }
  /** `size`: octets of the header; the first octet behind them is the client's. */
  | { readonly kind: 'ok'; readonly size: number; readonly proxied: Proxied }

/** Section 2.1: the longest line of version 1, with its CRLF. */
const maxLineBytes = 107
/** Addresses and extensions of version 2. The field could say 65,535; real ones have some hundred octets at most. */
export const maxBlockBytes = 4096
/** Section 2.2: octets in front of the addresses. */
const blockHeadBytes = 16
const lineStart = Buffer.from('PROXY ', 'latin1')
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const lineFeed = 0x0a
const carriageReturn = 0x0d
const portText = /^(?:0|[1-9][0-9]{0,4})$/

const more: ProxyHeader = { kind: 'more' }

/** Reads the header at the start of everything that has come on a connection. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, signature)) return bytes.length < blockHeadBytes ? more : readBlock(bytes)
  if (startsLike(bytes, lineStart)) return readLine(bytes)
  return bad('no header of the PROXY protocol')
}

/** Whether these octets are the beginning of the text, or begin with it. */
function startsLike(bytes: Buffer, text: Buffer): boolean {
  const length = Math.min(bytes.length, text.length)
  return bytes.compare(text, 0, length, 0, length) === 0
}

function readLine(bytes: Buffer): ProxyHeader {
  const feed = bytes.subarray(0, maxLineBytes).indexOf(lineFeed)
  if (feed < 0) return bytes.length < maxLineBytes ? more : bad(`a line longer than ${maxLineBytes} octets`)
  if (bytes[feed - 1] !== carriageReturn) return bad('a line that does not end in CRLF')
  const size = feed + 1
  const line = bytes.toString('latin1', lineStart.length, feed - 1)
  // What stands behind UNKNOWN is to be ignored.
  if (line === 'UNKNOWN' || line.startsWith('UNKNOWN ')) return { kind: 'ok', size, proxied: 'unknown' }
  const [family = '', source = '', destination = '', sourcePort = '', destinationPort = '', ...rest] =
    line.split(' ')
  const octets = family === 'TCP4' ? 4 : family === 'TCP6' ? 16 : 0
  if (octets === 0) return bad('a line that says neither TCP4 nor TCP6 nor UNKNOWN')
  const proxied = {
    sourceAddress: addressIn(source, octets),
    sourcePort: portIn(sourcePort),
    destinationAddress: addressIn(destination, octets),
    destinationPort: portIn(destinationPort),
  }
  if (rest.length > 0) return bad('a line with more than two addresses and two ports')
  if (proxied.sourceAddress === '' || proxied.destinationAddress === '')
    return bad(`a line whose addresses are not those of ${family}`)
  if (proxied.sourcePort < 0 || proxied.destinationPort < 0) return bad('a line with a port that is none')
  return { kind: 'ok', size, proxied }
}

/** In one spelling, or '' when it is no address of that family. */
function addressIn(text: string, octets: 4 | 16): string {
  if (text.includes(':') !== (octets === 16)) return ''
  const parsed = parseIp(text)
  return parsed === undefined ? '' : formatIp(parsed)
}

/** -1 when it is none. */
function portIn(text: string): number {
  return portText.test(text) && Number(text) <= 65_535 ? Number(text) : -1
}

function readBlock(bytes: Buffer): ProxyHeader {
  const command = bytes.readUInt8(12)
  const family = bytes.readUInt8(13)
  const length = bytes.readUInt16BE(14)
  if (command >> 4 !== 2) return bad(`version ${command >> 4} of the PROXY protocol`)
  if (command !== 0x20 && command !== 0x21) return bad(`the unknown command ${command & 0xf}`)
  const isLocal = command === 0x20
  const needed = isLocal ? 0 : addressBytes(family)
  if (needed === undefined) return bad(`the unknown family and protocol 0x${family.toString(16)}`)
  if (length < needed) return bad(`${length} octets of addresses where ${needed} are needed`)
  if (length > maxBlockBytes) return bad(`a header longer than ${maxBlockBytes} octets`)
  const size = blockHeadBytes + length
  if (bytes.length < size) return more
  if (isLocal) return { kind: 'ok', size, proxied: 'local' }
  return { kind: 'ok', size, proxied: connectionIn(bytes.subarray(blockHeadBytes, size), family) }
}

/** Octets of the addresses by family and protocol; undefined for what cannot carry HTTP/1.1, such as datagrams. */
function addressBytes(family: number): number | undefined {
  switch (family) {
    case 0x00:
      return 0
    case 0x11:
      return 12
    case 0x21:
      return 36
    case 0x31:
      return 216
    default:
      return undefined
  }
}

/** The extensions behind the addresses say nothing that is used here. */
function connectionIn(block: Buffer, family: number): Proxied {
  if (family === 0x00) return 'unknown'
  if (family === 0x31) return 'unix'
  const octets = family === 0x11 ? 4 : 16
  return {
    sourceAddress: addressAt(block, 0, octets),
    sourcePort: block.readUInt16BE(2 * octets),
    destinationAddress: addressAt(block, octets, octets),
    destinationPort: block.readUInt16BE(2 * octets + 2),
  }
}

/** An IPv4 address in the form of IPv6 is that IPv4 address, as everywhere else. */
function addressAt(block: Buffer, at: number, octets: 4 | 16): string {
  const written = formatIp(block.subarray(at, at + octets))
  return formatIp(parseIp(written) ?? block.subarray(at, at + octets))
}

function bad(why: string): ProxyHeader {
  return { kind: 'bad', why }
}

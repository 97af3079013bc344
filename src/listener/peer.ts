// The two ends of a connection: as its socket has them, or as the header of the PROXY protocol tells of them.

import type { Socket } from 'node:net'
import type { Peer } from '../http/exchange.ts'
import type { Proxied } from '../wire/proxy-protocol.ts'

export const nobody: Peer = {
  remoteAddress: '',
  remotePort: 0,
  localAddress: '',
  localPort: 0,
  scheme: 'http',
  trusted: false,
}

/** @param localPort of the listener; 0 on a unix socket */
export function peerOf(socket: Socket, localPort: number, trusted: boolean): Peer {
  return {
    remoteAddress: plainAddress(socket.remoteAddress ?? ''),
    remotePort: socket.remotePort ?? 0,
    localAddress: plainAddress(socket.localAddress ?? ''),
    localPort,
    scheme: 'http',
    trusted,
  }
}

/**
 * The peer of a connection that a trusted proxy has passed on. Such a proxy passes on octets, also those of forwarded
 * fields, so what they say is the client's word: it counts when that client is a trusted proxy in its turn, or when the
 * proxy speaks for itself.
 */
export function proxiedPeer(proxy: Peer, proxied: Proxied, trusts: (address: string) => boolean): Peer {
  switch (proxied) {
    case 'local':
      return proxy
    case 'unknown':
      return { ...proxy, unknownClient: unknownClientOf(proxy.remoteAddress), trusted: false }
    case 'unix':
      return nobody
    default:
      return {
        remoteAddress: proxied.sourceAddress,
        remotePort: proxied.sourcePort,
        localAddress: proxied.destinationAddress,
        localPort: proxied.destinationPort,
        scheme: 'http',
        trusted: trusts(proxied.sourceAddress),
      }
  }
}

/** No address, so that nobody is taken for the proxy; shown in the log. @param proxy its address, '' on a unix socket */
export function unknownClientOf(proxy: string): string {
  return `unknown, of ${proxy === '' ? 'unix' : proxy}`
}

/** Whom access and limits go by. */
export function clientOf({ remoteAddress, unknownClient }: Peer): string {
  return unknownClient ?? remoteAddress
}

/** IPv4 as people write it, also on a listener that takes both families. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

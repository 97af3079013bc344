// The trusted proxies of one server: which peers they are, and what a request is once they have been heard.
// Made once from the configuration; a peer is looked at once, when its connection comes.

import { parseAuthority } from '../http/authority.ts'
import type { Peer } from '../http/exchange.ts'
import { type ForwardedChoice, type ForwardedFacts, readForwarded } from '../http/forwarded.ts'
import { findForwarded } from '../http/forwarded-fields.ts'
import type { RequestHead } from '../http/head.ts'
import { type IpOctets, parseIp } from '../ip-address.ts'
import { liesWithin, type Network, parseNetwork } from '../schema/network.ts'
import { unknownClientOf } from './peer.ts'

export interface TrustedProxiesOptions {
  /** IP addresses, networks, and `unix` for every peer on a unix socket; checked by the configuration. */
  readonly addresses: readonly string[]
  readonly fields: ForwardedChoice
}

/** A request as the client made it, not as the proxy passed it on. */
export interface Origin {
  readonly peer: Peer
  readonly authority: string
}

export class TrustedProxies {
  readonly #choice: ForwardedChoice
  readonly #networks: readonly Network[]
  readonly #unix: boolean
  readonly #trusts = (address: IpOctets): boolean => liesWithin(this.#networks, address)

  constructor({ addresses, fields }: TrustedProxiesOptions) {
    this.#choice = fields
    this.#unix = addresses.includes('unix')
    this.#networks = addresses.flatMap((text) => {
      const parsed = parseNetwork(text)
      return parsed.kind === 'ok' ? [parsed.network] : []
    })
  }

  /** @param address of the socket; may carry a zone (`fe80::1%eth0`) */
  trusts(address: string, onUnixSocket: boolean): boolean {
    if (onUnixSocket) return this.#unix
    if (this.#networks.length === 0) return false
    const octets = parseIp(address.replace(/%.*$/, ''))
    return octets !== undefined && this.#trusts(octets)
  }

  /** What a trusted peer's forwarded fields make of a request; undefined when they say nothing. */
  hear(peer: Peer, head: RequestHead): Origin | undefined {
    const fields = findForwarded(head.fields)
    const facts = fields && readForwarded(fields, this.#choice, this.#trusts)
    return facts && originOf(facts, peer, head.authority)
  }
}

function originOf(facts: ForwardedFacts, peer: Peer, received: string): Origin {
  const { client, authority = received } = facts
  const scheme = facts.scheme ?? peer.scheme
  const remoteAddress = client?.address ?? peer.remoteAddress
  return {
    authority: withPort(authority, facts.port),
    peer: {
      remoteAddress,
      remotePort: client === undefined ? peer.remotePort : client.port,
      localAddress: peer.localAddress,
      localPort: facts.port ?? portOf(facts, scheme) ?? peer.localPort,
      scheme,
      unknownClient: facts.hidden ? unknownClientOf(remoteAddress) : undefined,
      trusted: true,
    },
  }
}

/** A client that was told neither scheme nor host by a proxy spoke as that proxy speaks to us. */
function portOf({ authority, scheme }: ForwardedFacts, effective: 'http' | 'https'): number | undefined {
  if (authority === undefined && scheme === undefined) return undefined
  const written = authority === undefined ? undefined : parseAuthority(authority)?.port
  return written ?? (effective === 'https' ? 443 : 80)
}

/**
 * Proxies that tell the host without its port tell the port apart. The usual ports are no part of a Host, and where TLS
 * ends further out a proxy reports its own port 80, so neither of the two is ever added.
 */
function withPort(authority: string, port: number | undefined): string {
  if (port === undefined || port === 80 || port === 443) return authority
  const parsed = parseAuthority(authority)
  return parsed === undefined || parsed.port !== undefined ? authority : `${parsed.host}:${port}`
}

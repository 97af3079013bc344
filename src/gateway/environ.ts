// THE builder of environs: the variables of RFC 3875 section 4.1 from an exchange, for every gateway.
// Pure. Names are allow-listed, `Proxy` never becomes HTTP_PROXY (httpoxy), hop-by-hop fields stay here.
// The part that is the same for many requests comes first and is one shared array, so that gateways can encode it once.

import { parseAuthority } from '../http/authority.ts'
import type { Exchange, Peer } from '../http/exchange.ts'
import { connectionFields, type Fields, firstField, joinedField } from '../http/fields.ts'
import type { ForwardedChoice } from '../http/forwarded.ts'
import { forwardedFamily } from '../http/forwarded-fields.ts'
import type { EnvironPolicy } from './environ-policy.ts'
import type { UntrustedPeers } from './untrusted-peers.ts'

/** Where in the URL space the application stands, split once by the router. */
export interface Place {
  readonly scriptName: string
  readonly pathInfo: string
  /** Further pairs, of the one who knows the file that is asked. */
  readonly variables?: readonly string[]
}

/** Ordered name/value pairs, flat; all ByteStrings. */
export interface Environ {
  /** Shared between requests: the same pairs are the same array. Never changed. */
  readonly constant: readonly string[]
  readonly variable: string[]
}

/** The value of a variable; undefined when it is not set. */
export function variableOf({ constant, variable }: Environ, name: string): string | undefined {
  for (const pairs of [constant, variable]) {
    const at = indexOfName(pairs, name, 0)
    if (at >= 0) return pairs[at + 1]
  }
  return undefined
}

const allowedName = /^[A-Za-z0-9-]+$/

// Hop-by-hop fields (RFC 9110 section 7.6.1) say something about this connection, not to the application.
const withheld = new Set([
  ...connectionFields,
  'proxy',
  'proxy-authenticate',
  'proxy-authorization',
  // These have variables of their own, or none because the input is complete and decoded.
  'content-length',
  'content-type',
  'expect',
  'host',
])

/** Memo sizes are bounded because clients choose the names and hosts. */
const maxKnownNames = 1000
const maxConstants = 64

/** What constant pairs depend on, and the pairs. */
interface Constant {
  readonly method: string
  readonly version: number
  readonly authority: string
  readonly scheme: string
  readonly localPort: number
  readonly scriptName: string
  readonly pairs: readonly string[]
}

/** What becomes of a field: a variable, one only where a trusted proxy sent it, or nothing. */
interface Known {
  readonly kind: 'variable' | 'forwarded' | 'withheld' | 'refused'
  /** Of the variable; '' where there is none. */
  readonly name: string
}
const withheldName: Known = { kind: 'withheld', name: '' }
const refusedName: Known = { kind: 'refused', name: '' }

export interface EnvironSettings {
  readonly serverSoftware: string
  readonly policy: EnvironPolicy
  /** Told once for each field name that was kept out because of its spelling. */
  readonly refused: (name: string) => void
  /** Whose word trusted proxies are taken at; the fields of the other family are then whoever's. */
  readonly forwarded: ForwardedChoice
  /** Told for every field that was kept out because only a trusted proxy may send it, with the peer's address. */
  readonly untrusted: UntrustedPeers
}

export class EnvironBuilder {
  readonly #settings: EnvironSettings
  readonly #names = new Map<string, Known>()
  readonly #constants = new Map<string, readonly string[]>()
  #last: Constant | undefined

  constructor(settings: EnvironSettings) {
    this.#settings = settings
  }

  /** @param contentLength octets of the input that will be there to read; undefined when there is none */
  build(exchange: Exchange, place: Place, contentLength: number | undefined): Environ {
    const { head, peer } = exchange
    // biome-ignore format: pairs
    const variable = [
      'REQUEST_ID', exchange.id,
      'QUERY_STRING', exchange.query,
      'REQUEST_URI', head.target.raw,
      'REMOTE_ADDR', peer.remoteAddress,
      'REMOTE_PORT', String(peer.remotePort),
    ]
    // Unset where it would be empty is what scripts know (RFC 3875 section 4.1.5 allows both); applications look it up.
    if (place.pathInfo !== '' || place.variables === undefined) variable.push('PATH_INFO', place.pathInfo)
    const type = firstField(head.fields, 'content-type')
    if (exchange.user !== '') variable.push('AUTH_TYPE', 'Basic', 'REMOTE_USER', exchange.user)
    if (type !== undefined) variable.push('CONTENT_TYPE', type)
    if (contentLength !== undefined) variable.push('CONTENT_LENGTH', String(contentLength))
    if (place.variables !== undefined) variable.push(...place.variables)
    this.#addFields(head.fields, exchange, variable)
    return { constant: this.#constant(exchange, place.scriptName), variable }
  }

  // Few distinct values in practice, so the pairs are looked up by all that they depend on; mostly they are the ones
  // of the request before, which costs six comparisons and no new string.
  #constant(exchange: Exchange, scriptName: string): readonly string[] {
    const { head, peer } = exchange
    const last = this.#last
    if (
      last !== undefined &&
      last.authority === exchange.authority &&
      last.method === head.method &&
      last.scriptName === scriptName &&
      last.localPort === peer.localPort &&
      last.version === head.version &&
      last.scheme === peer.scheme
    ) {
      return last.pairs
    }
    const pairs = this.#lookUpConstant(exchange, scriptName)
    const { method, version } = head
    this.#last = {
      method,
      version,
      authority: exchange.authority,
      scheme: peer.scheme,
      localPort: peer.localPort,
      scriptName,
      pairs,
    }
    return pairs
  }

  #lookUpConstant(exchange: Exchange, scriptName: string): readonly string[] {
    const { head, peer } = exchange
    const key = `${head.method} ${head.version} ${peer.scheme} ${peer.localPort} ${exchange.authority} ${scriptName}`
    const known = this.#constants.get(key)
    if (known !== undefined) return known
    const authority = parseAuthority(exchange.authority)
    // biome-ignore format: pairs
    const pairs = [
      'GATEWAY_INTERFACE', 'CGI/1.1',
      'SERVER_SOFTWARE', this.#settings.serverSoftware,
      'SERVER_NAME', authority?.host ?? (peer.localAddress || 'localhost'),
      'SERVER_PORT', String(peer.localPort === 0 ? (authority?.port ?? 80) : peer.localPort),
      'SERVER_PROTOCOL', head.version === 10 ? 'HTTP/1.0' : 'HTTP/1.1',
      'REQUEST_METHOD', head.method,
      'REQUEST_SCHEME', peer.scheme,
      'SCRIPT_NAME', scriptName,
    ]
    if (peer.scheme === 'https') pairs.push('HTTPS', 'on')
    if (exchange.authority !== '') pairs.push('HTTP_HOST', exchange.authority)
    // Clearing everything is crude and right: it happens only when somebody invents host names.
    if (this.#constants.size >= maxConstants) this.#constants.clear()
    this.#constants.set(key, pairs)
    return pairs
  }

  #addFields(fields: Fields, { peer, user }: Exchange, variable: string[]): void {
    const first = variable.length
    const nominated = nominatedFields(fields)
    for (let i = 0; i < fields.length; i += 2) {
      const known = this.#lookUp(fields[i] as string)
      if (known.kind !== 'variable' && !this.#isTold(known, peer)) continue
      if (nominated?.has((fields[i] as string).toLowerCase())) continue
      // The password that this server has asked for is no business of the application (RFC 3875 section 4.1.18).
      if (user !== '' && known.name === 'HTTP_AUTHORIZATION') continue
      const value = fields[i + 1] as string
      const at = indexOfName(variable, known.name, first)
      if (at < 0) variable.push(known.name, value)
      else variable[at + 1] += (known.name === 'HTTP_COOKIE' ? '; ' : ', ') + value
    }
  }

  // Frameworks believe HTTP_X_FORWARDED_PROTO and its like, so they see them only where they can.
  #isTold(known: Known, peer: Peer): boolean {
    if (known.kind !== 'forwarded') return false
    if (!peer.trusted) this.#settings.untrusted(known.name, peer.remoteAddress)
    return peer.trusted
  }

  #lookUp(name: string): Known {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const fresh = this.#classify(name)
    if (this.#names.size < maxKnownNames) {
      this.#names.set(name, fresh)
      if (fresh.kind === 'refused') this.#settings.refused(name)
    }
    return fresh
  }

  #classify(name: string): Known {
    if (!allowedName.test(name)) return refusedName
    const lower = name.toLowerCase()
    if (withheld.has(lower) || (lower === 'authorization' && !this.#settings.policy.authorization))
      return withheldName
    const variable = `HTTP_${name.toUpperCase().replaceAll('-', '_')}`
    const family = forwardedFamily(lower)
    if (family === undefined) return { kind: 'variable', name: variable }
    const { forwarded } = this.#settings
    return forwarded === 'auto' || forwarded === family ? { kind: 'forwarded', name: variable } : withheldName
  }
}

/** Names that the Connection field declares to be hop-by-hop; undefined in the usual case of none. */
function nominatedFields(fields: Fields): Set<string> | undefined {
  const first = firstField(fields, 'connection')
  if (first === undefined) return undefined
  const connection = joinedField(fields, 'connection') ?? first
  if (connection === 'keep-alive' || connection === 'close') return undefined
  return new Set(connection.toLowerCase().split(/[ \t]*,[ \t]*/))
}

/** Where the variable stands, looking at names only (every second entry), or -1. */
function indexOfName(pairs: readonly string[], name: string, from: number): number {
  for (let i = from; i < pairs.length; i += 2) if (pairs[i] === name) return i
  return -1
}

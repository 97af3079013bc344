// Who may come to a mount or a site (`access`): by address, then by name and password. Both must admit a request.

import type { UntrustedPeers } from '../../gateway/untrusted-peers.ts'
import { basicCredentials, type Credentials } from '../../http/basic.ts'
import { type Fields, firstField } from '../../http/fields.ts'
import { parseIp } from '../../ip-address.ts'
import type { Log } from '../../log/log.ts'
import { Tally } from '../../log/tally.ts'
import { liesWithin, type Network, parseNetwork } from '../../schema/network.ts'
import type { PasswordOutcome, UsersFile } from './users-file.ts'

export interface AccessSettings {
  /** IP addresses, networks, `all`, and `unix` for requests without an address; null admits every address. */
  readonly allow: readonly string[] | null
  readonly deny: readonly string[]
}

/** What is answered instead of the mount. */
export interface Refusal {
  readonly status: number
  readonly why: string
  readonly fields: readonly string[]
}

/** A request that wants in. */
export interface Visitor {
  readonly address: string
  /** Its address is what a trusted proxy has told, or that of the proxy. */
  readonly trusted: boolean
  readonly fields: Fields
  readonly mount: string
  readonly nowMs: number
  /** Called once, now or later. @param user '' when nobody was asked for a name; else a ByteString */
  admitted(user: string): void
  refused(refusal: Refusal): void
  /** False when the client has gone. */
  isWaiting(): boolean
}

export interface Users {
  readonly file: UsersFile
  readonly realm: string
}

export class Access {
  readonly #allow: AddressList | undefined
  readonly #deny: AddressList
  readonly #users: Users | undefined
  readonly #unauthorized: Refusal
  readonly #wrong: Tally
  readonly #untrusted: UntrustedPeers

  constructor(
    { allow, deny }: AccessSettings,
    users: Users | undefined,
    log: Log,
    untrusted: UntrustedPeers,
  ) {
    this.#untrusted = untrusted
    this.#allow = allow === null ? undefined : new AddressList(allow)
    this.#deny = new AddressList(deny)
    this.#users = users
    const realm = (users?.realm ?? '').replace(/["\\]/g, '\\$&')
    const fields = ['WWW-Authenticate', `Basic realm="${realm}", charset="UTF-8"`]
    this.#unauthorized = { status: 401, why: 'A name and a password are needed here.', fields }
    this.#wrong = new Tally((facts) => log.warn('access.password_wrong', facts))
  }

  check(visitor: Visitor): void {
    const { address } = visitor
    if (!visitor.trusted && this.#goesByAddress) this.#lookForProxy(visitor)
    if (this.#deny.has(address) || this.#allow?.has(address) === false) {
      visitor.refused(forbidden)
      return
    }
    if (this.#users === undefined) {
      visitor.admitted('')
      return
    }
    const credentials = basicCredentials(visitor.fields)
    if (credentials === undefined) {
      visitor.refused(this.#unauthorized)
      return
    }
    this.#users.file.check(credentials, {
      address,
      done: (outcome) => this.#conclude(visitor, credentials, outcome),
      wanted: () => visitor.isWaiting(),
    })
  }

  get #goesByAddress(): boolean {
    return this.#allow !== undefined || !this.#deny.isEmpty
  }

  /** All clients of a proxy that nobody has named have its address: then these rules are about the proxy alone. */
  #lookForProxy({ address, fields }: Visitor): void {
    const name = ['x-forwarded-for', 'forwarded'].find((one) => firstField(fields, one) !== undefined)
    if (name !== undefined) this.#untrusted(name, address)
  }

  #conclude(visitor: Visitor, { user }: Credentials, outcome: PasswordOutcome): void {
    switch (outcome) {
      case 'right':
        visitor.admitted(Buffer.from(user).toString('latin1'))
        break
      case 'wrong':
        this.#wrong.add({ address: visitor.address, mount: visitor.mount }, visitor.nowMs)
        visitor.refused(this.#unauthorized)
        break
      case 'busy':
        visitor.refused(busy)
        break
      case 'failed':
        visitor.refused(failed)
        break
      default:
        outcome satisfies never
    }
  }
}

const forbidden: Refusal = { status: 403, why: '', fields: [] }
const busy: Refusal = {
  status: 503,
  why: 'Too many passwords wait to be checked. Please try again in a moment.',
  fields: ['Retry-After', '5'],
}
const failed: Refusal = {
  status: 503,
  why: 'Passwords cannot be checked at the moment.',
  fields: ['Retry-After', '5'],
}

/** Addresses and networks as the configuration has them. */
export class AddressList {
  readonly #all: boolean
  readonly #unix: boolean
  readonly #networks: readonly Network[]

  constructor(addresses: readonly string[]) {
    this.#all = addresses.includes('all')
    this.#unix = addresses.includes('unix')
    this.#networks = addresses.flatMap((text) => {
      const parsed = parseNetwork(text)
      return parsed.kind === 'ok' ? [parsed.network] : []
    })
  }

  get isEmpty(): boolean {
    return !this.#all && !this.#unix && this.#networks.length === 0
  }

  /** @param address '' for none, on a unix socket; may carry a zone (`fe80::1%eth0`) */
  has(address: string): boolean {
    if (this.#all) return true
    if (address === '') return this.#unix
    if (this.#networks.length === 0) return false
    const octets = parseIp(address.replace(/%.*$/, ''))
    return octets !== undefined && liesWithin(this.#networks, octets)
  }
}

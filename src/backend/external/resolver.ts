// The addresses that a name leads to, looked up again and again: a name may come to mean another machine, or several.

import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import type { ExternalAddress } from './address.ts'

/** How long what a name has led to is believed, milliseconds. */
const freshMs = 5000

/** Looks a name up: IP addresses, or why there are none. */
export type Lookup = (host: string, done: (code: string, addresses: readonly string[]) => void) => void

type Named = Extract<ExternalAddress, { kind: 'tcp' }>

export function isNamed(address: ExternalAddress): address is Named {
  return address.kind === 'tcp' && isIP(address.host) === 0
}

export class Resolver {
  readonly #address: Named
  readonly #lookup: Lookup
  readonly #found: (code: string, addresses: readonly ExternalAddress[], sinceMs: number) => void
  #askedMs = Number.NEGATIVE_INFINITY
  #asking = false

  /** @param found what the name leads to now, and since when that was asked; none and a code when it cannot be known */
  constructor(
    address: Named,
    lookUp: Lookup,
    found: (code: string, addresses: readonly ExternalAddress[], sinceMs: number) => void,
  ) {
    this.#address = address
    this.#lookup = lookUp
    this.#found = found
  }

  /** It has been looked up for so long already, and is not found yet. */
  takesLongerThan(ms: number, nowMs: number): boolean {
    return this.#asking && nowMs - this.#askedMs >= ms
  }

  /** Looks it up when that was long ago. */
  refresh(nowMs: number): void {
    if (nowMs - this.#askedMs >= freshMs) this.ask(nowMs)
  }

  ask(nowMs: number): void {
    if (this.#asking) return
    this.#asking = true
    this.#askedMs = nowMs
    const { host, port } = this.#address
    this.#lookup(host, (code, addresses) => {
      this.#asking = false
      this.#found(
        code,
        [...new Set(addresses)].map((one) => ({ kind: 'tcp', host: one, port })),
        nowMs,
      )
    })
  }
}

/** By the system's own rules: /etc/hosts, the order of families. */
export const systemLookup: Lookup = (host, done) => {
  lookup(host, { all: true, verbatim: true }, (error, found) => {
    done(
      error === null ? '' : (error.code ?? 'ENOTFOUND'),
      error === null ? found.map((one) => one.address) : [],
    )
  })
}

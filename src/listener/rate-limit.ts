// Requests by address: a token bucket for each client of a mount or a site (`rate`). Of a bucket only the moment is kept
// at which it will be full again: one number tells how full it is now, and a bucket that is full needs none.

import { clientNetwork } from '../ip-address.ts'
import type { Log } from '../log/log.ts'
import { Tally } from '../log/tally.ts'

export interface RateSettings {
  readonly requests: number
  /** In ms. */
  readonly per: number
  /** Requests that a client may make at once after a pause. */
  readonly burst: number
}

/** Clients that are remembered; beyond them those go first that have not been seen for the longest time. */
const maxClients = 20_000

export class RateLimit {
  readonly #intervalMs: number
  readonly #bucketMs: number
  /** When the bucket of a client will be full, by client; the one that was seen last is the last. */
  readonly #fullAtMs = new Map<string, number>()
  readonly #exceeded: Tally

  constructor({ requests, per, burst }: RateSettings, log: Log) {
    this.#intervalMs = per / requests
    this.#bucketMs = burst * this.#intervalMs
    this.#exceeded = new Tally((facts) => log.warn('rate.exceeded', { ...facts, requests, per }, hint))
  }

  /** Clients that are remembered now. */
  get size(): number {
    return this.#fullAtMs.size
  }

  /**
   * Takes a token for a request. 0 when there was one, else the seconds until there is one. Who has no address, on a unix
   * socket whose proxy tells of none, has no bucket: all clients would share it.
   */
  take(address: string, mount: string, nowMs: number): number {
    if (address === '') return 0
    const client = clientNetwork(address)
    const known = this.#fullAtMs.get(client)
    const before = known === undefined ? nowMs : Math.max(known, nowMs)
    const lateMs = before + this.#intervalMs - nowMs - this.#bucketMs
    // Sums of fractions of a millisecond are not exact, and must not cost a token.
    const isLate = lateMs > 1e-6
    if (known !== undefined) this.#fullAtMs.delete(client)
    else if (this.#fullAtMs.size >= maxClients) this.#forgetOldest()
    this.#fullAtMs.set(client, isLate ? before : before + this.#intervalMs)
    if (!isLate) return 0
    this.#exceeded.add({ address: client, mount }, nowMs)
    return Math.ceil(lateMs / 1000)
  }

  #forgetOldest(): void {
    for (const client of this.#fullAtMs.keys()) {
      this.#fullAtMs.delete(client)
      return
    }
  }
}

const hint =
  'Requests got 429. Raise rate where the mount or its site sets it; if that is your proxy, add it to trusted_proxies'

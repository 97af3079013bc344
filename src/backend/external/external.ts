// An application that somebody else keeps alive, at one address or several: php-fpm, uWSGI, a program on another machine.
// Calls wait in one queue for a connection. One that cannot be made costs no call as long as it is made within connect_time:
// what was never sent was never begun.

import { PorticoError } from '../../failure.ts'
import type { Backend, Opener, Ticket } from '../backend.ts'
import { WaitingQueue } from '../queue.ts'
import { addressText, type ExternalAddress } from './address.ts'
import type { ExternalConnection } from './connection.ts'
import { Health } from './health.ts'
import { Pool, type PoolOwner } from './pool.ts'
import { isNamed, type Lookup, Resolver, systemLookup } from './resolver.ts'

/** Times in ms, 0 = off. */
export interface ExternalLimits {
  /** Connections to each address, at most. */
  readonly connections: number
  /** How long one is kept without a call; 0: it is closed behind each call. */
  readonly idleMs: number
  /** How long making one may take, and how long a call waits while none can be made. */
  readonly connectMs: number
  readonly requestTimeMs: number
  readonly outputIdleMs: number
  readonly queueTimeMs: number
  readonly queueLength: number
}

export interface ExternalOptions {
  readonly application: string
  readonly addresses: readonly ExternalAddress[]
  readonly limits: ExternalLimits
  /** The wire can carry several calls on one connection. */
  readonly multiplexes: boolean
  /** What is asked, beside its failure, of an address that closes connections and has never answered. */
  readonly doubt: string
  /** Monotonic ms. */
  readonly now: () => number
  /** No connection can be made to an address, for the first time since one could. */
  readonly unreachable: (address: string, code: string) => void
  readonly reachable: (address: string) => void
  readonly lookup?: Lookup
}

/** What an HTTP process knows of one address. */
export interface AddressFigures {
  readonly address: string
  /** Why no connection can be made; '' while they can. */
  readonly failure: string
  readonly busy: number
  readonly idle: number
  readonly requests: number
}

export interface ExternalFigures {
  readonly application: string
  readonly queued: number
  readonly addresses: readonly AddressFigures[]
}

/** A name, what it leads to, and how looking it up goes. */
interface Name {
  readonly text: string
  readonly resolver: Resolver
  readonly health: Health
  pools: Pool[]
}

const connectMsOtherwise = 5000

export class ExternalBackend implements Backend, PoolOwner {
  readonly name: string
  readonly #options: ExternalOptions
  readonly #queue = new WaitingQueue()
  readonly #fixed: readonly Pool[]
  readonly #names: readonly Name[]
  /** All that are asked. */
  #pools: readonly Pool[]
  /** Those that a name does not lead to any more, until their calls are over. */
  readonly #withdrawn = new Set<Pool>()
  #retry: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: ExternalOptions) {
    this.#options = options
    this.name = options.application
    this.#fixed = options.addresses.filter((one) => !isNamed(one)).map((one) => this.#poolOf(one))
    this.#names = options.addresses.filter(isNamed).map((address) => this.#nameOf(address))
    this.#pools = this.#fixed
  }

  get figures(): ExternalFigures {
    const addresses = this.#pools.map(({ label, health, busy, idle, calls }) => ({
      address: label,
      failure: health.failing ? health.reason : '',
      busy,
      idle,
      requests: calls,
    }))
    const unknown = this.#unresolved
      .filter(({ health }) => health.failing)
      .map(({ text, health }) => ({ address: text, failure: health.reason, busy: 0, idle: 0, requests: 0 }))
    return { application: this.name, queued: this.#queue.length, addresses: [...addresses, ...unknown] }
  }

  open(opener: Opener): Ticket | undefined {
    const nowMs = this.now()
    for (const { resolver } of this.#names) resolver.refresh(nowMs)
    if (opener.repeatable && this.#queue.length === 0) {
      const pool = leastLoaded(this.#pools, (one) => one.idle > 0)
      const connection = pool?.take()
      if (pool !== undefined && connection !== undefined) {
        pool.lend(connection, opener.request, true)
        opener.granted(connection)
        return undefined
      }
    }
    const refusal = this.#refusal(nowMs)
    if (refusal !== undefined) {
      opener.refused(refusal)
      return undefined
    }
    const ticket = this.#queue.add(opener, nowMs)
    this.#fillRoom(nowMs)
    return ticket
  }

  /** Looks at deadlines; called a few times a second. */
  sweep(nowMs: number): void {
    const { queueTimeMs } = this.#options.limits
    for (;;) {
      if (queueTimeMs <= 0) break
      const opener = this.#queue.shiftOlderThan(nowMs - queueTimeMs)
      if (opener === undefined) break
      opener.refused(new PorticoError('E_BACKEND_QUEUE_TIMEOUT', undefined, { application: this.name }))
    }
    while (this.#nobody(nowMs)) {
      const opener = this.#queue.shiftOlderThan(nowMs - this.#connectMs)
      if (opener === undefined) break
      opener.refused(this.#unreachable())
    }
    for (const pool of [...this.#pools, ...this.#withdrawn]) {
      pool.sweep(nowMs)
      for (const connection of pool.lent()) this.#checkLent(connection, nowMs)
      if (pool.withdrawn && pool.isEmpty) this.#withdrawn.delete(pool)
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    for (const pool of this.#pools) pool.withdraw()
    const gone = new PorticoError('E_BACKEND_UNREACHABLE', 'The server is being stopped', {
      application: this.name,
    })
    this.#refuseAll(gone)
  }

  available(pool: Pool, connection: ExternalConnection): void {
    const { first } = this.#queue
    if (first === undefined) {
      pool.keep(connection)
      return
    }
    const isFresh = connection.calls === 0
    // What must not be sent twice needs a connection that nobody can have closed meanwhile.
    if (!isFresh && !first.repeatable) {
      if (this.#connecting >= this.#queue.length) pool.keep(connection)
      else {
        pool.drop(connection)
        this.hasRoom()
      }
      return
    }
    const opener = this.#queue.shift() as Opener
    pool.lend(connection, opener.request, opener.repeatable)
    opener.granted(connection)
  }

  /** Makes connections for those who wait, as many as may be made. */
  hasRoom(): void {
    if (!this.#closed) this.#fillRoom(this.now())
  }

  #fillRoom(nowMs: number): void {
    while (this.#connecting < this.#queue.length) {
      const pool = leastLoaded(this.#pools, (one) => one.hasRoomFor(nowMs))
      if (pool === undefined) {
        for (const one of this.#pools) one.hurry()
        break
      }
      pool.connect(this.#queue.first?.repeatable === false)
    }
    this.#retryLater(nowMs)
  }

  failed(pool: Pool, isNew: boolean): void {
    if (isNew) {
      this.#options.unreachable(pool.label, pool.health.reason)
      // The name may have come to mean another machine.
      const nowMs = this.now()
      for (const { resolver, pools } of this.#names) if (pools.includes(pool)) resolver.ask(nowMs)
    }
    this.#refuseIfNobody()
    this.hasRoom()
  }

  recovered(pool: Pool): void {
    this.#options.reachable(pool.label)
  }

  now(): number {
    return this.#options.now()
  }

  /** Names that lead nowhere yet. */
  get #unresolved(): readonly Name[] {
    return this.#names.length === 0 ? this.#names : this.#names.filter(({ pools }) => pools.length === 0)
  }

  get #connecting(): number {
    let connecting = 0
    for (const pool of this.#pools) connecting += pool.connecting
    return connecting
  }

  #poolOf(address: ExternalAddress): Pool {
    const { limits, multiplexes, doubt } = this.#options
    const { connections: most, idleMs, connectMs } = limits
    return new Pool(address, { name: this.name, most, idleMs, connectMs, multiplexes, doubt }, this)
  }

  #nameOf(address: Extract<ExternalAddress, { kind: 'tcp' }>): Name {
    const { lookup = systemLookup } = this.#options
    const found = (code: string, addresses: readonly ExternalAddress[], sinceMs: number) =>
      this.#found(name, code, addresses, sinceMs)
    const name: Name = {
      text: addressText(address),
      resolver: new Resolver(address, lookup, found),
      health: new Health(),
      pools: [],
    }
    return name
  }

  /** What a name led to goes on while it cannot be looked up. */
  #found(name: Name, code: string, addresses: readonly ExternalAddress[], sinceMs: number): void {
    if (this.#closed) return
    const nowMs = this.now()
    if (addresses.length === 0) {
      if (name.health.failed(code, sinceMs, nowMs) && name.pools.length === 0)
        this.#options.unreachable(name.text, code)
    } else {
      if (name.health.recovered() && name.pools.length === 0) this.#options.reachable(name.text)
      const known = new Map(name.pools.map((pool) => [pool.label, pool]))
      name.pools = addresses.map((one) => known.get(addressText(one)) ?? this.#poolOf(one))
      for (const pool of known.values()) if (!name.pools.includes(pool)) this.#withdraw(pool)
      this.#pools = [...this.#fixed, ...this.#names.flatMap(({ pools }) => pools)]
    }
    this.#refuseIfNobody()
    this.hasRoom()
  }

  #withdraw(pool: Pool): void {
    pool.withdraw()
    if (!pool.isEmpty) this.#withdrawn.add(pool)
  }

  #refusal(nowMs: number): PorticoError | undefined {
    // One attempt is enough to learn whether somebody is there again.
    if (this.#closed || (this.#nobody(nowMs) && (this.#connecting > 0 || !this.#mayTry(nowMs))))
      return this.#unreachable()
    const connecting = this.#connecting
    if (this.#queue.length - connecting < this.#options.limits.queueLength) return undefined
    // For whom a connection is made at once does not wait for one.
    if (this.#queue.length <= connecting && this.#pools.some((one) => one.hasRoomFor(nowMs))) return undefined
    return new PorticoError('E_BACKEND_BUSY', undefined, {
      application: this.name,
      queue: this.#queue.length,
    })
  }

  get #connectMs(): number {
    return this.#options.limits.connectMs || connectMsOtherwise
  }

  /** No address has taken a connection for as long as making one may take. */
  #nobody(nowMs: number): boolean {
    const ms = this.#connectMs
    for (const { health } of this.#pools) if (!health.hasFailedFor(ms, nowMs)) return false
    return this.#unresolved.every(
      ({ health, resolver }) => health.hasFailedFor(ms, nowMs) || resolver.takesLongerThan(ms, nowMs),
    )
  }

  #mayTry(nowMs: number): boolean {
    return (
      this.#pools.some(({ health }) => health.mayTry(nowMs)) ||
      this.#unresolved.some(({ health }) => health.mayTry(nowMs))
    )
  }

  #refuseIfNobody(): void {
    if (this.#queue.length > 0 && this.#connecting === 0 && this.#nobody(this.now()))
      this.#refuseAll(this.#unreachable())
  }

  #refuseAll(failure: PorticoError): void {
    for (let opener = this.#queue.shift(); opener !== undefined; opener = this.#queue.shift()) {
      opener.refused(failure)
    }
  }

  #unreachable(): PorticoError {
    const failing = this.figures.addresses.filter(({ failure }) => failure !== '')
    const reason = failing.map(({ address, failure }) => `${address} (${failure})`).join(', ')
    return new PorticoError('E_BACKEND_UNREACHABLE', undefined, { application: this.name, reason })
  }

  /** Somebody waits, and no address may be tried yet. */
  #retryLater(nowMs: number): void {
    if (this.#retry !== undefined || this.#queue.length <= this.#connecting) return
    const names = this.#unresolved
    let retryAtMs = Number.POSITIVE_INFINITY
    for (const { health } of this.#pools) retryAtMs = sooner(retryAtMs, health.retryAtMs, nowMs)
    for (const { health } of names) retryAtMs = sooner(retryAtMs, health.retryAtMs, nowMs)
    if (retryAtMs === Number.POSITIVE_INFINITY) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      const laterMs = this.now()
      for (const { resolver, health } of names)
        if (health.failing && health.mayTry(laterMs)) resolver.ask(laterMs)
      this.hasRoom()
    }, retryAtMs - nowMs)
  }

  #checkLent(connection: ExternalConnection, nowMs: number): void {
    // Waiting for the client, or something came: no time has been lost by the application. Before the head nothing but
    // errors can come, and those do not stop the clock of request_time.
    if (connection.awaitsClient || (connection.active && connection.hasHead)) {
      connection.active = false
      connection.sinceMs = nowMs
      return
    }
    const { requestTimeMs, outputIdleMs } = this.#options.limits
    const limitMs = connection.hasHead ? outputIdleMs : requestTimeMs
    if (limitMs <= 0 || nowMs - connection.sinceMs <= limitMs) return
    connection.expire(limitMs)
  }
}

/** The earlier of two times, where the second lies ahead. */
function sooner(thisMs: number, thatMs: number, nowMs: number): number {
  return thatMs > nowMs && thatMs < thisMs ? thatMs : thisMs
}

/** The first wins a tie, so that what is used last stays warm. */
function leastLoaded(pools: readonly Pool[], fits: (pool: Pool) => boolean): Pool | undefined {
  let best: Pool | undefined
  for (const pool of pools) if (fits(pool) && (best === undefined || pool.load < best.load)) best = pool
  return best
}

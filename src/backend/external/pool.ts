// The connections to one address: made when they are needed, kept for a while where the wire allows it, never more than so
// many, because php-fpm and libfcgi give a process to each of them for as long as it lasts.

import { addressText, type ExternalAddress } from './address.ts'
import { type OpenCarrier, socketTo } from './carrier.ts'
import { type ConnectionOwner, ExternalConnection } from './connection.ts'
import { Health } from './health.ts'
import { Multiplexing } from './multiplexing.ts'

export interface PoolOptions {
  /** Of the application. */
  readonly name: string
  /** Connections at most. */
  readonly most: number
  /** How long one is kept without a call, milliseconds; 0: it is closed behind each call. */
  readonly idleMs: number
  /** How long making one may take, milliseconds; 0: as long as the system takes. */
  readonly connectMs: number
  /** The wire can carry several calls on one connection, where the application says that it can. */
  readonly multiplexes: boolean
  /** What is asked of an address that has never answered. */
  readonly doubt: string
}

export interface PoolOwner {
  /** A connection is there for a call. */
  available(pool: Pool, connection: ExternalConnection): void
  /** There is room for another connection. */
  hasRoom(): void
  /** No connection could be made. `isNew`: not for this reason, since one could be made. */
  failed(pool: Pool, isNew: boolean): void
  recovered(pool: Pool): void
  now(): number
}

/** A connection that has never said anything since its call was sent so long ago may stand in a backlog, milliseconds. */
const unprovenMs = 20

export class Pool implements ConnectionOwner {
  readonly address: ExternalAddress
  readonly label: string
  readonly health = new Health()
  readonly #options: PoolOptions
  readonly #owner: PoolOwner
  readonly #open: OpenCarrier
  readonly #multiplexing: Multiplexing
  readonly #connections = new Set<ExternalConnection>()
  /** The one that was used last is the last. */
  readonly #idle: ExternalConnection[] = []
  /** Connections that are being made. */
  connecting = 0
  /** Every connection has said something: nobody stands in a backlog. */
  #allProven = false
  #relief: NodeJS.Timeout | undefined
  /** Its name leads elsewhere now: nothing more is asked of it. */
  withdrawn = false
  calls = 0
  #hasAnswered = false

  constructor(address: ExternalAddress, options: PoolOptions, owner: PoolOwner) {
    this.address = address
    this.label = addressText(address)
    this.#options = options
    this.#owner = owner
    this.#open = socketTo(address)
    const { most, idleMs, multiplexes } = options
    this.#multiplexing = new Multiplexing(this.#open, multiplexes && idleMs > 0, most, idleMs, () =>
      owner.now(),
    )
  }

  get busy(): number {
    const others = this.connecting + this.#idle.length + (this.#multiplexing.isAsking ? 1 : 0)
    return this.#connections.size - others
  }

  get idle(): number {
    return this.#idle.length
  }

  get load(): number {
    return this.#connections.size - this.#idle.length
  }

  get isEmpty(): boolean {
    return this.#connections.size === 0 && this.#multiplexing.isEmpty
  }

  /** Another connection may be made, perhaps in the place of an idle one. */
  hasRoomFor(nowMs: number): boolean {
    return (
      !this.withdrawn &&
      this.load < this.#options.most * this.#multiplexing.factor &&
      this.health.mayTry(nowMs)
    )
  }

  /** The idle connection that was used last. */
  take(): ExternalConnection | undefined {
    return this.withdrawn ? undefined : this.#idle.pop()
  }

  lend(connection: ExternalConnection, request: string, repeatable: boolean): void {
    this.calls++
    connection.lend(request, repeatable)
    this.#relieveLater()
  }

  /**
   * Makes another one. An idle one gives way: it may hold the very process that is to take the new one.
   * @param fresh it is for a call that must not be sent twice
   */
  connect(fresh: boolean): void {
    this.drop(this.#idle.shift())
    this.connecting++
    this.#allProven = false
    this.#connections.add(this.#make(fresh))
  }

  #make(fresh: boolean): ExternalConnection {
    const label = `${this.#options.name}@${this.label}`
    if (this.#multiplexing.isOn) {
      const { open, requests } = this.#multiplexing.next(fresh)
      return new ExternalConnection(label, open, this, requests)
    }
    this.hurry()
    return new ExternalConnection(label, this.#open, this)
  }

  /** Somebody waits: a connection that is being asked is not waited for much longer. */
  hurry(): void {
    this.#multiplexing.hurry((asking) => this.#giveUpAsking(asking))
  }

  #giveUpAsking(connection: ExternalConnection): void {
    this.#multiplexing.answered(false)
    this.drop(connection)
    this.#owner.hasRoom()
  }

  /** Keeps what is not needed, for a while. */
  keep(connection: ExternalConnection): void {
    if (connection.isShared || this.closesEach || connection.calls === 0) this.drop(connection)
    else if (!this.#multiplexing.ask(connection)) {
      connection.rest()
      this.#idle.push(connection)
      this.#relieveLater()
    }
  }

  drop(connection: ExternalConnection | undefined): void {
    if (connection === undefined) return
    this.#connections.delete(connection)
    connection.close()
  }

  /** Behind its call it is closed. */
  get closesEach(): boolean {
    return this.#options.idleMs <= 0 || this.withdrawn
  }

  /** Somebody waits in the backlog, perhaps for the process behind a connection that is free now. */
  get #starves(): boolean {
    return !this.#allProven && this.busy > 0 && this.#unproven(this.now() - unprovenMs) > 0
  }

  /** Connections whose call has a deadline. */
  *lent(): Iterable<ExternalConnection> {
    for (const one of this.#connections) if (one.state === 'busy') yield one
  }

  /** Ends what has been idle for too long, and what could not be made in time. */
  sweep(nowMs: number): void {
    const { idleMs, connectMs } = this.#options
    while (this.#idle[0] !== undefined && nowMs - this.#idle[0].sinceMs >= idleMs)
      this.drop(this.#idle.shift())
    this.#multiplexing.sweep(nowMs)
    const late = this.#multiplexing.late(nowMs)
    if (late !== undefined) this.#giveUpAsking(late)
    if (connectMs <= 0 || this.connecting === 0) return
    for (const one of this.#connections) {
      if (one.state !== 'connecting' || nowMs - one.sinceMs < connectMs) continue
      one.close()
      this.refused(one, 'ETIMEDOUT')
    }
  }

  /** Closes what nobody uses; calls in progress go on. */
  withdraw(): void {
    this.withdrawn = true
    clearTimeout(this.#relief)
    for (const one of this.#idle.splice(0)) this.drop(one)
    this.#multiplexing.withdraw()
  }

  connected(connection: ExternalConnection): void {
    this.connecting--
    if (this.health.recovered()) {
      this.#multiplexing.forget()
      this.#owner.recovered(this)
    }
    this.#owner.available(this, connection)
  }

  released(connection: ExternalConnection): void {
    if (connection.isShared || this.closesEach || this.#starves) {
      this.drop(connection)
      this.#owner.hasRoom()
    } else this.#owner.available(this, connection)
  }

  gone(connection: ExternalConnection): void {
    this.#connections.delete(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    this.#owner.hasRoom()
  }

  answered(connection: ExternalConnection, multiplexes: boolean): void {
    this.#multiplexing.answered(multiplexes)
    if (connection.state === 'idle') this.#owner.available(this, connection)
  }

  refused(connection: ExternalConnection, code: string): void {
    this.connecting--
    this.#connections.delete(connection)
    const isNew = this.health.failed(code, connection.sinceMs, this.now())
    this.#owner.failed(this, isNew)
  }

  now(): number {
    return this.#owner.now()
  }

  headCame(): void {
    this.#hasAnswered = true
  }

  get doubt(): string | undefined {
    return this.#hasAnswered ? undefined : this.#options.doubt
  }

  /** How many were lent before then and have never said anything. */
  #unproven(beforeMs: number): number {
    if (this.#allProven) return 0
    let count = 0
    let proven = 0
    for (const one of this.#connections) {
      if (one.proven) proven++
      else if (one.state === 'busy' && !one.awaitsClient && one.sinceMs < beforeMs) count++
    }
    // Looked at with every call: once all have been heard of, the next look is worth while only behind the next connection.
    this.#allProven = proven === this.#connections.size
    return count
  }

  /** What is idle gives way to those who wait in the backlog, also when no other call ends. */
  #relieveLater(): void {
    if (this.#relief !== undefined || this.#idle.length === 0 || this.withdrawn) return
    if (this.#unproven(Number.POSITIVE_INFINITY) === 0) return
    this.#relief = setTimeout(() => {
      this.#relief = undefined
      for (let count = this.#unproven(this.now() - unprovenMs); count > 0; count--)
        this.drop(this.#idle.shift())
      this.#relieveLater()
    }, unprovenMs)
  }
}

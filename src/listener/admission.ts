// Which connections there is room for, in all and of one client; the others are turned away, and the log says what to do.

import type { Socket } from 'node:net'
import type { Log } from '../log/log.ts'
import { Tally } from '../log/tally.ts'
import { ClientCounts } from './client-counts.ts'
import { TurnedAway } from './turned-away.ts'

export interface AdmissionLimits {
  /** Connections at once; 0 = off. */
  readonly maxConnections: number
  /** What would let more of them in. */
  readonly maxConnectionsHint: string
  /** Of one client, 0 = off. */
  readonly maxConnectionsPerAddress: number
}

export class Admission {
  readonly #limits: AdmissionLimits
  readonly #turnedAway = new TurnedAway()
  readonly #clients: ClientCounts
  readonly #full: Tally
  readonly #greedy: Tally

  constructor(limits: AdmissionLimits, log: Log) {
    this.#limits = limits
    this.#clients = new ClientCounts(limits.maxConnectionsPerAddress)
    this.#full = new Tally((facts) => log.warn('connections.refused', facts, limits.maxConnectionsHint))
    this.#greedy = new Tally((facts) =>
      log.warn('connections.refused', facts, greedyHint(String(facts.address))),
    )
  }

  isFull(open: number): boolean {
    const { maxConnections } = this.#limits
    return maxConnections > 0 && open >= maxConnections
  }

  /** Turns away who comes when it is full. */
  refuse(socket: Socket, nowMs: number): void {
    this.#full.add({ limit: this.#limits.maxConnections }, nowMs)
    this.#turnedAway.add(socket)
  }

  /** Counts a connection of a client until `release`, or turns it away. The client '' has no limit. */
  take(client: string, socket: Socket, nowMs: number): boolean {
    if (this.#clients.take(client)) return true
    this.#greedy.add({ address: client, limit: this.#limits.maxConnectionsPerAddress }, nowMs)
    this.#turnedAway.add(socket)
    return false
  }

  release(client: string): void {
    this.#clients.release(client)
  }

  flush(nowMs: number): void {
    this.#full.flush(nowMs)
    this.#greedy.flush(nowMs)
  }
}

function greedyHint(client: string): string {
  return `Raise limits.connections_per_address. If that is your proxy, add it: trusted_proxies: ["${client}"]`
}

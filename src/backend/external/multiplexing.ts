// Whether an application takes several requests on one connection, and the sockets over which it gets them then.

import type { OpenCarrier } from './carrier.ts'
import type { ExternalConnection } from './connection.ts'
import { Multiplexer, type MultiplexerOwner, mostRequests } from './multiplexer.ts'

/** How long an answer is waited for, milliseconds. */
const answerMs = 1000
/** And while somebody else needs a connection: this one may hold the only process there is. */
const hurriedMs = 50
/** Requests that one socket carries before another is opened. */
const fewRequests = 10

type Ability = 'unknown' | 'asking' | 'yes' | 'no'

export class Multiplexing implements MultiplexerOwner {
  readonly #open: OpenCarrier
  readonly #most: number
  readonly #idleMs: number
  readonly #clock: () => number
  readonly #sockets = new Set<Multiplexer>()
  #asking: ExternalConnection | undefined
  #hurry: NodeJS.Timeout | undefined
  #ability: Ability

  /**
   * @param mayAsk the wire has a question for that
   * @param most sockets at most
   */
  constructor(open: OpenCarrier, mayAsk: boolean, most: number, idleMs: number, clock: () => number) {
    this.#open = open
    this.#ability = mayAsk ? 'unknown' : 'no'
    this.#most = most
    this.#idleMs = idleMs
    this.#clock = clock
  }

  /** Calls at once on one connection. */
  get factor(): number {
    return this.#ability === 'yes' ? mostRequests : 1
  }

  get isOn(): boolean {
    return this.#ability === 'yes'
  }

  get isAsking(): boolean {
    return this.#asking !== undefined
  }

  /** Asks over a connection that nobody needs now; false when there is nothing to be asked. */
  ask(connection: ExternalConnection): boolean {
    if (this.#ability !== 'unknown') return false
    this.#ability = 'asking'
    this.#asking = connection
    connection.ask()
    return true
  }

  answered(multiplexes: boolean): void {
    clearTimeout(this.#hurry)
    this.#hurry = this.#asking = undefined
    this.#ability = multiplexes ? 'yes' : 'no'
  }

  /** Another connection is needed while it is being asked. */
  hurry(giveUp: (connection: ExternalConnection) => void): void {
    const asking = this.#asking
    if (asking === undefined || this.#hurry !== undefined) return
    this.#hurry = setTimeout(() => giveUp(asking), hurriedMs)
  }

  /** The one that has not answered in time. */
  late(nowMs: number): ExternalConnection | undefined {
    const asking = this.#asking
    return asking !== undefined && nowMs - asking.sinceMs >= answerMs ? asking : undefined
  }

  /**
   * The socket for the next call, and how many calls that has carried.
   * @param fresh not one that has carried calls and carries none now: the other side may have closed it
   */
  next(fresh: boolean): { readonly open: OpenCarrier; readonly requests: number } {
    const sound = [...this.#sockets].filter(
      (one) => !one.isDoubtful && !one.isPaused && one.load < mostRequests && (!fresh || one.load > 0),
    )
    const least = sound.toSorted((a, b) => a.load - b.load)[0]
    const mayOpen = this.#sockets.size < this.#most
    const socket = least === undefined || (least.load >= fewRequests && mayOpen) ? this.#add() : least
    return { open: socket.open, requests: fresh ? 0 : socket.requests }
  }

  /** Nothing is open. */
  get isEmpty(): boolean {
    return this.#sockets.size === 0
  }

  /** Somebody else may live there now. */
  forget(): void {
    if (this.#ability === 'yes' || this.#ability === 'no') this.#ability = 'unknown'
  }

  sweep(nowMs: number): void {
    for (const socket of this.#sockets)
      if (socket.load === 0 && nowMs - socket.idleMs >= this.#idleMs) this.#close(socket)
  }

  /** Closes what carries nothing. */
  withdraw(): void {
    clearTimeout(this.#hurry)
    for (const socket of this.#sockets) if (socket.load === 0) this.#close(socket)
  }

  multiplexerClosed(socket: Multiplexer): void {
    this.#sockets.delete(socket)
  }

  cannotMultiplex(): void {
    this.#ability = 'no'
  }

  now(): number {
    return this.#clock()
  }

  /** In the place of one that carries nothing, where there are as many as there may be. */
  #add(): Multiplexer {
    const idle = [...this.#sockets].find(({ load }) => load === 0)
    if (this.#sockets.size >= this.#most && idle !== undefined) this.#close(idle)
    const socket = new Multiplexer(this.#open, this)
    this.#sockets.add(socket)
    return socket
  }

  #close(socket: Multiplexer): void {
    this.#sockets.delete(socket)
    socket.close()
  }
}

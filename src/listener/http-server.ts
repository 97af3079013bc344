// The HTTP/1.1 listeners of one HTTP process: sockets in, connections kept, deadlines swept, a stop that finishes.
// Gets its listening sockets as descriptors; who bound them is the supervisor's affair.

import { createServer, type Server, type Socket } from 'node:net'
import { monotonicMs, wallClockMs } from '../clock.ts'
import type { PorticoError } from '../failure.ts'
import { parseAuthority } from '../http/authority.ts'
import { dateField } from '../http/date.ts'
import type { Input, Peer } from '../http/exchange.ts'
import type { RequestHead } from '../http/head.ts'
import { Connection } from '../http1/connection.ts'
import type { ConnectionHost, HostedConnection, Turn } from '../http1/host.ts'
import { type ConnectionLimits, limitsForProxies } from '../http1/limits.ts'
import type { Refusal } from '../http1/refusal.ts'
import { clientNetwork, normalLiteral } from '../ip-address.ts'
import type { Log } from '../log/log.ts'
import type { Router } from '../router/router.ts'
import type { SiteAccessLogs } from './access-entry.ts'
import { Admission, type AdmissionLimits } from './admission.ts'
import { DescriptorWatch } from './descriptor-watch.ts'
import { type ExchangeHome, HttpExchange } from './http-exchange.ts'
import { IdleConnections } from './idle-connections.ts'
import { malformedAnswer, malformedEntry } from './malformed.ts'
import type { GuardedMount } from './mount-options.ts'
import { clientOf, nobody, peerOf, plainAddress } from './peer.ts'
import { ProxyHeaders } from './proxy-headers.ts'
import { RequestIds } from './request-ids.ts'
import { Round } from './round.ts'
import { endRequest, type RunningRequest, runningRequests, type ServerFigures } from './running-requests.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/** A listening socket that this process inherited. */
export interface InheritedListener {
  readonly fd: number
  /** Port for SERVER_PORT; 0 on a unix socket. */
  readonly port: number
  readonly backlog: number
  /** Takes connections of trusted proxies only, and only behind a header of the PROXY protocol. */
  readonly proxyProtocol: boolean
}

export interface HttpServerOptions extends AdmissionLimits {
  readonly router: Router<GuardedMount>
  readonly limits: ConnectionLimits
  readonly serverName: string
  readonly proxies: TrustedProxies
  readonly log: Log
  readonly accessLogs: SiteAccessLogs
  /** Something else to look at in every sweep, such as the deadlines of backends. */
  readonly sweep: (nowMs: number) => void
}

/**
 * What a stop means for idle connections. `finish`: they are closed. `drain`: another process answers new connections, so
 * these get the answer to what their clients may be sending just now, which says that it is the last one; or they are
 * closed when they have been idle for long enough, as always.
 */
export type StopHow = 'finish' | 'drain'

interface Connected {
  readonly peer: Peer
  /** Whom it counts for; '' for nobody. */
  readonly client: string
}

/** How long a socket may take to close after it was destroyed. */
const cutOffMs = 200

export class HttpServer implements ConnectionHost, ExchangeHome {
  readonly limits: ConnectionLimits
  readonly router: Router<GuardedMount>
  readonly log: Log
  readonly accessLogs: SiteAccessLogs
  readonly standard
  stopping = false
  readonly #options: HttpServerOptions
  readonly #proxyLimits: ConnectionLimits
  readonly #ids = new RequestIds()
  readonly #servers: Server[] = []
  readonly #connections = new Map<HostedConnection, Connected>()
  readonly #idle = new IdleConnections<HostedConnection>()
  readonly #round: Round<HostedConnection>
  readonly #descriptors: DescriptorWatch
  #nowMs = monotonicMs()
  #sweeper: NodeJS.Timeout | undefined
  #whenEmpty: (() => void) | undefined
  readonly #admission: Admission
  readonly #headers: ProxyHeaders
  #lastAuthority = ''
  #lastHost = ''

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.limits = options.limits
    this.#proxyLimits = limitsForProxies(options.limits)
    this.router = options.router
    this.log = options.log
    this.accessLogs = options.accessLogs
    this.#admission = new Admission(options, options.log)
    this.#descriptors = new DescriptorWatch({
      log: options.log,
      connections: () => this.#open,
      makeRoom: () => this.#makeRoom(),
    })
    this.#headers = new ProxyHeaders({
      proxies: options.proxies,
      log: options.log,
      headTimeMs: options.limits.headTimeMs,
      now: () => this.#nowMs,
      connect: (socket, peer) => this.#connect(socket, peer, true),
      gone: () => this.#whenClosed(),
    })
    this.#round = new Round({ [Symbol.iterator]: () => this.#connections.keys() }, (one) => this.#check(one))
    this.standard = { server: options.serverName, date: () => dateField(wallClockMs()) }
  }

  /** Connections that are open now, and those whose header is still to come. */
  get #open(): number {
    return this.#connections.size + this.#headers.size
  }

  /** Starts to accept on an inherited socket; the promise fails when the socket cannot be listened on. */
  listen(listener: InheritedListener): Promise<void> {
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs(this.limits))
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
        this.#accept(socket, listener),
      )
      this.#servers.push(server)
      server.once('error', reject)
      // Beside a descriptor node:net reads the backlog as an argument of its own, and overlooks it among the options.
      server.listen({ fd: listener.fd }, listener.backlog, () => {
        server.off('error', reject)
        // EMFILE and friends come here; the socket is kept and works again when there are descriptors.
        server.on('error', (error) =>
          this.log.error('internal.fault', { listener: listener.port }, error.message),
        )
        resolve()
      })
    })
  }

  /** Accepts nothing more and resolves when the last answer is out, or after `deadlineMs`, when the rest is cut off. */
  async stop(deadlineMs: number, how: StopHow): Promise<void> {
    this.stopping = true
    for (const server of this.#servers) server.close()
    if (how === 'finish') for (const connection of this.#connections.keys()) connection.stop()
    await this.#empty(deadlineMs)
    for (const connection of this.#connections.keys()) connection.destroy()
    this.#headers.close()
    // Each connection that was cut off has its line in the access log once its socket has closed.
    await this.#empty(cutOffMs)
    clearInterval(this.#sweeper)
    this.#round.stop()
  }

  #empty(deadlineMs: number): Promise<void> {
    if (this.#open === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      setTimeout(resolve, deadlineMs).unref()
    })
  }

  /** What there is to say of it at this moment. */
  get figures(): ServerFigures {
    const connections = [...this.#connections.keys()]
    return {
      connections: this.#open,
      requests: this.#ids.count,
      running: connections.filter(({ turn }) => turn !== undefined).length,
    }
  }

  /** The requests in progress, the oldest first. */
  running(): RunningRequest[] {
    return runningRequests(this.#connections.keys(), monotonicMs())
  }

  /** Ends a request in progress; what it was, undefined when there is none of that id. */
  kill(id: string, failure: PorticoError): RunningRequest | undefined {
    return endRequest(this.#connections.keys(), id, failure, monotonicMs())
  }

  now(): number {
    return this.#nowMs
  }

  nextId(): string {
    return this.#ids.next()
  }

  hostOf(authority: string): string {
    if (authority !== this.#lastAuthority) {
      this.#lastHost = normalLiteral(parseAuthority(authority)?.host ?? '')
      this.#lastAuthority = authority
    }
    return this.#lastHost
  }

  request(connection: HostedConnection, head: RequestHead, input: Input): Turn {
    this.#idle.remove(connection)
    const peer = this.#peer(connection)
    const told = peer.trusted ? this.#options.proxies.hear(peer, head) : undefined
    if (told === undefined) return new HttpExchange(this, connection, peer, head.authority, head, input)
    return new HttpExchange(this, connection, told.peer, told.authority, head, input)
  }

  begins(connection: HostedConnection): void {
    this.#idle.remove(connection)
  }

  rests(connection: HostedConnection): void {
    this.#idle.add(connection)
  }

  malformed(connection: HostedConnection, refusal: Refusal): void {
    const id = this.nextId()
    const peer = this.#peer(connection)
    this.log.debug('request.malformed', { request: id, client: peer.remoteAddress, why: refusal.why })
    const answer = malformedAnswer(refusal, id, this.standard)
    connection.refuse(answer.octets)
    this.accessLogs.main.write(malformedEntry(peer, id, refusal.status, answer.bodyBytes))
  }

  closed(connection: HostedConnection): void {
    this.#forget(connection)
    this.#whenClosed()
  }

  #peer(connection: HostedConnection): Peer {
    return this.#connections.get(connection)?.peer ?? nobody
  }

  #forget(connection: HostedConnection): void {
    const known = this.#connections.get(connection)
    if (known === undefined) return
    this.#connections.delete(connection)
    this.#idle.remove(connection)
    this.#admission.release(known.client)
  }

  #whenClosed(): void {
    if (this.#open === 0) this.#whenEmpty?.()
  }

  #accept(socket: Socket, listener: InheritedListener): void {
    const { proxies } = this.#options
    if (this.#admission.isFull(this.#open) && !this.#makeRoom()) {
      this.#admission.refuse(socket, this.#nowMs)
      return
    }
    const trusted = proxies.trusts(plainAddress(socket.remoteAddress ?? ''), listener.port === 0)
    const peer = peerOf(socket, listener.port, trusted)
    if (listener.proxyProtocol) this.#headers.accept(socket, peer)
    else this.#connect(socket, peer, trusted)
  }

  /** @param byProxy kept for as long as proxies expect it, whoever the peer is that the proxy tells of */
  #connect(socket: Socket, peer: Peer, byProxy: boolean): void {
    const address = clientOf(peer)
    // A proxy has the connections of all its clients.
    const isProxy = byProxy && this.#options.proxies.trusts(address, false)
    const client = isProxy ? '' : clientNetwork(address)
    if (!this.#admission.take(client, socket, this.#nowMs)) {
      this.#whenClosed()
      return
    }
    const connection = new Connection(socket, this, byProxy ? this.#proxyLimits : this.limits)
    this.#connections.set(connection, { peer, client })
    this.#idle.add(connection)
    if (this.stopping) connection.stop()
  }

  /** Closes the connection that has been idle for the longest; false when all are at work. */
  #makeRoom(): boolean {
    const connection = this.#idle.take()
    connection?.destroy()
    if (connection !== undefined) this.#forget(connection)
    return connection !== undefined
  }

  #sweep(): void {
    this.#nowMs = monotonicMs()
    this.#round.begin()
    this.#headers.sweep(this.#nowMs, this.stopping)
    this.#options.sweep(this.#nowMs)
    this.#descriptors.sweep(this.#nowMs)
    this.#admission.flush(this.#nowMs)
  }

  #check(connection: HostedConnection): boolean {
    try {
      return connection.checkDeadlines(this.#nowMs)
    } catch (thrown) {
      // One connection must not cost all the others their deadlines.
      this.log.error('internal.fault', {}, thrown instanceof Error ? thrown.stack : String(thrown))
      connection.destroy()
      return true
    }
  }
}

/** Often enough for the shortest deadline to be kept within a quarter, seldom enough to cost nothing. */
function sweepMs(limits: ConnectionLimits): number {
  const times = [limits.headTimeMs, limits.bodyIdleMs, limits.writeIdleMs, limits.keepAliveMs].filter(
    (ms) => ms > 0,
  )
  return Math.min(250, Math.max(10, Math.min(...times, 1000) / 4))
}

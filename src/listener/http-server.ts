// The HTTP/1.1 listeners of one HTTP process: sockets in, connections kept, deadlines swept, a stop that finishes.
// Gets its listening sockets as descriptors; who bound them is the supervisor's affair.

import { createServer, type Server, type Socket } from 'node:net'
import { monotonicMs, wallClockMs } from '../clock.ts'
import { errorAnswer, sentence } from '../handler/failure.ts'
import { parseAuthority } from '../http/authority.ts'
import { dateField } from '../http/date.ts'
import type { Input, Peer } from '../http/exchange.ts'
import type { RequestHead } from '../http/head.ts'
import { reasonPhrase } from '../http/status.ts'
import { Connection } from '../http1/connection.ts'
import type { ConnectionHost, HostedConnection, Turn } from '../http1/host.ts'
import { type ConnectionLimits, proxyKeepAliveMs } from '../http1/limits.ts'
import type { Refusal } from '../http1/request-head.ts'
import { fieldLines, statusLine } from '../http1/serializer.ts'
import type { AccessLog } from '../log/access-log.ts'
import type { Log } from '../log/log.ts'
import type { Router } from '../router/router.ts'
import { type ExchangeHome, HttpExchange } from './http-exchange.ts'
import { RequestIds } from './request-ids.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/** A listening socket that this process inherited. */
export interface InheritedListener {
  readonly fd: number
  /** Port for SERVER_PORT; 0 on a unix socket. */
  readonly port: number
  readonly backlog: number
}

/** A connection over the limit may take this long to read its 503, and so many may do so at once. */
const leaveMs = 2000
const maxLeaving = 100
/** Refused connections are reported at most this often. */
const reportMs = 1000

export interface HttpServerOptions {
  readonly router: Router
  readonly limits: ConnectionLimits
  /** Connections at once; 0 = off. */
  readonly maxConnections: number
  readonly serverName: string
  readonly proxies: TrustedProxies
  readonly log: Log
  readonly accessLog: AccessLog
  /** Something else to look at in every sweep, such as the deadlines of backends. */
  readonly sweep: (nowMs: number) => void
}

/** How long a socket may take to close after it was destroyed. */
const cutOffMs = 200

export class HttpServer implements ConnectionHost, ExchangeHome {
  readonly limits: ConnectionLimits
  readonly router: Router
  readonly log: Log
  readonly accessLog: AccessLog
  readonly standard
  stopping = false
  readonly #options: HttpServerOptions
  readonly #proxyLimits: ConnectionLimits
  readonly #ids = new RequestIds()
  readonly #servers: Server[] = []
  readonly #connections = new Map<HostedConnection, Peer>()
  #nowMs = monotonicMs()
  #sweeper: NodeJS.Timeout | undefined
  #whenEmpty: (() => void) | undefined
  /** Connections turned away since the last report, and those of them that still close. */
  #turnedAway = 0
  #leaving = 0
  #reportedMs = 0
  #lastAuthority = ''
  #lastHost = ''

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.limits = options.limits
    this.#proxyLimits = limitsForProxies(options.limits)
    this.router = options.router
    this.log = options.log
    this.accessLog = options.accessLog
    this.standard = { server: options.serverName, date: () => dateField(wallClockMs()) }
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size
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
  async stop(deadlineMs: number): Promise<void> {
    this.stopping = true
    for (const server of this.#servers) server.close()
    for (const connection of this.#connections.keys()) connection.stop()
    await this.#empty(deadlineMs)
    for (const connection of this.#connections.keys()) connection.destroy()
    // Each connection that was cut off has its line in the access log once its socket has closed.
    await this.#empty(cutOffMs)
    clearInterval(this.#sweeper)
  }

  #empty(deadlineMs: number): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      setTimeout(resolve, deadlineMs).unref()
    })
  }

  now(): number {
    return this.#nowMs
  }

  nextId(): string {
    return this.#ids.next()
  }

  hostOf(authority: string): string {
    if (authority !== this.#lastAuthority) {
      this.#lastHost = parseAuthority(authority)?.host ?? ''
      this.#lastAuthority = authority
    }
    return this.#lastHost
  }

  request(connection: HostedConnection, head: RequestHead, input: Input): Turn {
    const peer = this.#connections.get(connection) ?? nobody
    const told = peer.trusted ? this.#options.proxies.hear(peer, head) : undefined
    if (told === undefined) return new HttpExchange(this, connection, peer, head.authority, head, input)
    return new HttpExchange(this, connection, told.peer, told.authority, head, input)
  }

  malformed(connection: HostedConnection, refusal: Refusal): void {
    const id = this.nextId()
    const peer = this.#connections.get(connection) ?? nobody
    this.log.debug('request.malformed', { request: id, client: peer.remoteAddress, why: refusal.why })
    const answer = errorAnswer(refusal.status, id, sentence(refusal.why))
    const body = answer.body as Buffer
    const head =
      statusLine(refusal.status, reasonPhrase(refusal.status)) +
      fieldLines([...answer.fields, 'Date', this.standard.date(), 'Server', this.standard.server]) +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`
    connection.refuse(head + body.toString('latin1'))
    this.#logMalformed(peer, id, refusal.status, body.length)
  }

  closed(connection: HostedConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  #accept(socket: Socket, listener: InheritedListener): void {
    const { maxConnections } = this.#options
    if (maxConnections > 0 && this.#connections.size >= maxConnections && !this.#makeRoom()) {
      this.#turnAway(socket)
      return
    }
    const remoteAddress = plainAddress(socket.remoteAddress ?? '')
    const trusted = this.#options.proxies.trusts(remoteAddress, listener.port === 0)
    const peer: Peer = {
      remoteAddress,
      remotePort: socket.remotePort ?? 0,
      localAddress: plainAddress(socket.localAddress ?? ''),
      localPort: listener.port,
      scheme: 'http',
      trusted,
    }
    this.#connections.set(new Connection(socket, this, trusted ? this.#proxyLimits : this.limits), peer)
  }

  // Not among the connections, so it has a deadline of its own; beyond a few of them not even that is spent.
  #turnAway(socket: Socket): void {
    this.#turnedAway++
    socket.on('error', () => {})
    if (this.#leaving >= maxLeaving) {
      socket.destroy()
      return
    }
    this.#leaving++
    socket.on('close', () => this.#leaving--)
    socket.setTimeout(leaveMs, () => socket.destroy())
    socket.end(
      'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n',
    )
    socket.resume()
  }

  /** Closes the kept connection that is the oldest; false when all are at work. */
  #makeRoom(): boolean {
    for (const connection of this.#connections.keys()) {
      if (!connection.idle) continue
      connection.destroy()
      this.#connections.delete(connection)
      return true
    }
    return false
  }

  #sweep(): void {
    this.#nowMs = monotonicMs()
    for (const connection of this.#connections.keys()) {
      try {
        connection.checkDeadlines(this.#nowMs)
      } catch (thrown) {
        // One connection must not cost all the others their deadlines.
        this.log.error('internal.fault', {}, thrown instanceof Error ? thrown.stack : String(thrown))
        connection.destroy()
      }
    }
    this.#options.sweep(this.#nowMs)
    this.#reportTurnedAway()
  }

  #reportTurnedAway(): void {
    if (this.#turnedAway === 0 || this.#nowMs - this.#reportedMs < reportMs) return
    const facts = { count: this.#turnedAway, limit: this.#options.maxConnections }
    this.log.warn('connections.refused', facts, 'Raise limits.connections, or find out who opens so many')
    this.#turnedAway = 0
    this.#reportedMs = this.#nowMs
  }

  #logMalformed(peer: Peer, requestId: string, status: number, sentBytes: number): void {
    this.accessLog.write({
      remoteAddress: peer.remoteAddress,
      user: '',
      wallMs: wallClockMs(),
      method: '',
      target: '',
      version: '',
      status,
      sentBytes,
      referer: '',
      userAgent: '',
      requestId,
      tookMs: 0,
      host: '',
      mount: '',
      worker: '',
    })
  }
}

const nobody: Peer = {
  remoteAddress: '',
  remotePort: 0,
  localAddress: '',
  localPort: 0,
  scheme: 'http',
  trusted: false,
}

function limitsForProxies(limits: ConnectionLimits): ConnectionLimits {
  const { keepAliveMs } = limits
  return keepAliveMs === 0 ? limits : { ...limits, keepAliveMs: Math.max(keepAliveMs, proxyKeepAliveMs) }
}

/** IPv4 as people write it, also on a listener that takes both families. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** Often enough for the shortest deadline to be kept within a quarter, seldom enough to cost nothing. */
function sweepMs(limits: ConnectionLimits): number {
  const times = [limits.headTimeMs, limits.bodyIdleMs, limits.writeIdleMs, limits.keepAliveMs].filter(
    (ms) => ms > 0,
  )
  return Math.min(250, Math.max(10, Math.min(...times, 1000) / 4))
}

// The connections of listeners with proxy_protocol until their header is here: only trusted proxies may send one, and
// whoever sends none in time or another thing is closed. Tells the log what to do about it.

import type { Socket } from 'node:net'
import type { Peer } from '../http/exchange.ts'
import type { Log } from '../log/log.ts'
import { Tally } from '../log/tally.ts'
import type { Proxied } from '../wire/proxy-protocol.ts'
import { AwaitedHeader, type HeaderOwner } from './awaited-header.ts'
import { nobody, proxiedPeer } from './peer.ts'
import type { TrustedProxies } from './trusted-proxies.ts'

/** A proxy sends its header at once; while the server stops, a connection without it is not waited for any longer. */
const atStopMs = 1000

export interface ProxyHeadersOptions {
  readonly proxies: TrustedProxies
  readonly log: Log
  /** For the whole header, 0 = off. */
  readonly headTimeMs: number
  now(): number
  /** The header is here, and the peer is the one it tells of. The socket is paused. */
  readonly connect: (socket: Socket, peer: Peer) => void
  /** A connection has gone without one. */
  readonly gone: () => void
}

export class ProxyHeaders implements HeaderOwner {
  readonly #options: ProxyHeadersOptions
  /** By the header that they still owe: peers as their sockets have them. */
  readonly #awaited = new Map<AwaitedHeader, Peer>()
  readonly #untrusted: Tally
  readonly #malformed: Tally
  readonly #trusts = (address: string): boolean => this.#options.proxies.trusts(address, false)

  constructor(options: ProxyHeadersOptions) {
    this.#options = options
    const { log } = options
    this.#untrusted = new Tally((facts) =>
      log.warn('proxy.refused', facts, untrustedHint(String(facts.peer))),
    )
    this.#malformed = new Tally((facts) => log.warn('proxy.refused', facts, malformedHint))
  }

  /** Connections whose header is still to come. */
  get size(): number {
    return this.#awaited.size
  }

  accept(socket: Socket, peer: Peer): void {
    const nowMs = this.#options.now()
    if (peer.trusted) {
      this.#awaited.set(new AwaitedHeader(socket, nowMs, this), peer)
      return
    }
    socket.on('error', () => {}).destroy()
    // Gone before it was accepted, so that nobody knows any more who it was.
    if (peer.remoteAddress === '' && peer.localPort !== 0) return
    this.#untrusted.add({ peer: nameOf(peer), why: 'not a trusted proxy' }, nowMs)
  }

  come(awaited: AwaitedHeader, proxied: Proxied): void {
    const proxy = this.#awaited.get(awaited) ?? nobody
    this.#awaited.delete(awaited)
    this.#options.connect(awaited.socket, proxiedPeer(proxy, proxied, this.#trusts))
    awaited.socket.resume()
  }

  lost(awaited: AwaitedHeader, why: string): void {
    const proxy = this.#awaited.get(awaited) ?? nobody
    this.#awaited.delete(awaited)
    if (why !== '') this.#malformed.add({ peer: nameOf(proxy), why }, this.#options.now())
    this.#options.gone()
  }

  sweep(nowMs: number, stopping: boolean): void {
    const { headTimeMs } = this.#options
    for (const awaited of this.#awaited.keys()) {
      const waited = awaited.waitedMs(nowMs)
      if (headTimeMs > 0 && waited > headTimeMs) awaited.refuse('it did not come in time')
      else if (stopping && waited > atStopMs) awaited.refuse('')
    }
    this.#untrusted.flush(nowMs)
    this.#malformed.flush(nowMs)
  }

  close(): void {
    for (const awaited of this.#awaited.keys()) awaited.refuse('')
  }
}

function nameOf({ remoteAddress }: Peer): string {
  return remoteAddress === '' ? 'unix' : remoteAddress
}

function untrustedHint(peer: string): string {
  return `Only trusted proxies may connect where proxy_protocol is set. If that is your proxy, add it: trusted_proxies: ["${peer}"]`
}

const malformedHint =
  'No header of the PROXY protocol: let the proxy send it (HAProxy: send-proxy-v2, nginx: proxy_protocol on), or remove proxy_protocol'

// A connection of a trusted proxy whose PROXY header has not come yet. It belongs to nobody's requests until then: what
// stands behind the header is put back, so that whoever takes the socket reads the client's first octet first.

import type { Socket } from 'node:net'
import { type Proxied, readProxyHeader } from '../wire/proxy-protocol.ts'

export interface HeaderOwner {
  /** The header is here; the socket is paused and nobody listens to it any more. */
  come(awaited: AwaitedHeader, proxied: Proxied): void
  /** No header will come: the connection is closed. An empty reason when nothing is wrong with that. */
  lost(awaited: AwaitedHeader, why: string): void
}

export class AwaitedHeader {
  readonly socket: Socket
  readonly #owner: HeaderOwner
  readonly #sinceMs: number
  #bytes: Buffer = Buffer.alloc(0)
  readonly #received = (bytes: Buffer): void => this.#read(bytes)
  // A proxy that only looks whether somebody listens says nothing.
  readonly #ended = (): void => this.refuse(this.#bytes.length === 0 ? '' : 'the connection ended within it')
  readonly #closed = (): void => this.#owner.lost(this, '')
  readonly #failed = (): void => {}

  constructor(socket: Socket, nowMs: number, owner: HeaderOwner) {
    this.socket = socket
    this.#sinceMs = nowMs
    this.#owner = owner
    socket.on('error', this.#failed).on('close', this.#closed).on('end', this.#ended)
    socket.on('data', this.#received)
  }

  waitedMs(nowMs: number): number {
    return nowMs - this.#sinceMs
  }

  /** Closes the connection without a word: whoever is there does not speak HTTP to us. */
  refuse(why: string): void {
    this.socket.off('close', this.#closed).off('data', this.#received).off('end', this.#ended)
    this.socket.destroy()
    this.#owner.lost(this, why)
  }

  #read(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    const header = readProxyHeader(this.#bytes)
    if (header.kind === 'more') return
    if (header.kind === 'bad') {
      this.refuse(header.why)
      return
    }
    const { socket } = this
    socket.pause()
    socket.off('data', this.#received).off('end', this.#ended).off('close', this.#closed)
    socket.off('error', this.#failed)
    const rest = this.#bytes.subarray(header.size)
    if (rest.length > 0) socket.unshift(rest)
    this.#owner.come(this, header.proxied)
  }
}

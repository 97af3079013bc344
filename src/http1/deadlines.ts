// The deadlines of one connection: what is late, looked at once a sweep, so that nothing needs a timer of its own.
// Knows times and counts; what to do about a connection that is late is connection.ts.

import type { Socket } from 'node:net'
import { unsentBytes } from '../direct-write.ts'
import type { ConnectionLimits } from './limits.ts'
import { isWriteStalled, noProgress, type WriteProgress } from './write-progress.ts'

/** How long a closed connection is read on, so that the answer is not lost to a reset (RFC 9112 section 9.6). */
const lingerMs = 3000

/** Where a connection stands; `body` while a body is awaited for a reader, `rest` while what is left of one is dropped. */
export type Stage = 'idle' | 'head' | 'busy' | 'body' | 'rest' | 'closing'

/** What is late: the client takes no answer, it lingers, or nothing more of a head, a body or a next request comes. */
export type Late = 'nothing' | 'write' | 'linger' | 'head' | 'body' | 'rest' | 'next'

export class Deadlines {
  readonly #limits: ConnectionLimits
  readonly #progress: WriteProgress
  /** Since when the connection is where it stands, or since the last octets of a body. */
  #sinceMs: number
  #bodySinceMs = 0
  #bodyBytes = 0

  constructor(limits: ConnectionLimits, nowMs: number) {
    this.#limits = limits
    this.#sinceMs = nowMs
    this.#progress = noProgress(nowMs)
  }

  restart(nowMs: number): void {
    this.#sinceMs = nowMs
  }

  /** A request with a body began; none of it has come yet. */
  expectBody(): void {
    this.#bodyBytes = 0
  }

  /** Somebody begins to read the body; from here on its rate counts. */
  startBody(nowMs: number): void {
    this.#bodySinceMs = this.#sinceMs = nowMs
  }

  bodyCame(nowMs: number, bytes: number): void {
    this.#sinceMs = nowMs
    this.#bodyBytes += bytes
  }

  waitedMs(nowMs: number): number {
    return nowMs - this.#sinceMs
  }

  check(stage: Stage, socket: Socket, nowMs: number): Late {
    const limits = this.#limits
    if (isWriteStalled(socket, this.#progress, nowMs, limits)) return 'write'
    const waited = nowMs - this.#sinceMs
    switch (stage) {
      case 'closing':
        return waited > lingerMs && unsentBytes(socket) === 0 ? 'linger' : 'nothing'
      case 'head':
        return limits.headTimeMs > 0 && waited > limits.headTimeMs ? 'head' : 'nothing'
      case 'body':
        return this.#isBodyLate(nowMs, waited) ? 'body' : 'nothing'
      case 'rest':
        return waited > Math.max(limits.bodyIdleMs, lingerMs) ? 'rest' : 'nothing'
      case 'idle':
        // The time between two requests begins when the client has the answer to the first.
        if (unsentBytes(socket) > 0) this.#sinceMs = nowMs
        else if (limits.keepAliveMs > 0 && waited > limits.keepAliveMs) return 'next'
        return 'nothing'
      case 'busy':
        return 'nothing'
    }
  }

  #isBodyLate(nowMs: number, waited: number): boolean {
    const { bodyIdleMs, minBodyRateBytes } = this.#limits
    if (bodyIdleMs === 0) return false
    const total = nowMs - this.#bodySinceMs
    return waited > bodyIdleMs || (total > bodyIdleMs && this.#bodyBytes * 1000 < minBodyRateBytes * total)
  }
}

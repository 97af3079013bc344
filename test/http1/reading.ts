// How a server reads octets: which requests it finds in them, and where it stops.
// Our engine does so here, a whole connection of it on a socket without a network; others are compared with that.

import type { Input } from '../../src/http/exchange.ts'
import type { RequestHead } from '../../src/http/head.ts'
import { Connection } from '../../src/http1/connection.ts'
import type { ConnectionHost, HostedConnection, Turn } from '../../src/http1/host.ts'
import type { ConnectionLimits } from '../../src/http1/limits.ts'
import type { Refusal } from '../../src/http1/refusal.ts'
import { FakeSocket } from '../double/fake-socket.ts'

/** A request whose head was taken; `body` is what has come of it. */
export interface Message {
  readonly method: string
  readonly target: string
  /** Names and values in turn. */
  readonly fields: readonly string[]
  body: string
  complete: boolean
}

export interface Reading {
  readonly messages: Message[]
  /** Wants more, has closed as one side asked for, or refuses what came. */
  end: 'open' | 'closed' | 'refused'
  /** Why it refuses, as the server says it. */
  why: string
}

/** The limits that a server has unless it is told otherwise. */
const usualLimits: ConnectionLimits = {
  maxHeadBytes: 32_768,
  maxFieldCount: 100,
  maxRequestLineBytes: 8192,
  headTimeMs: 0,
  bodyIdleMs: 0,
  minBodyRateBytes: 0,
  writeIdleMs: 0,
  keepAliveMs: 0,
}
/** So small that short octets meet them. */
export const tightLimits: ConnectionLimits = {
  ...usualLimits,
  maxHeadBytes: 120,
  maxFieldCount: 3,
  maxRequestLineBytes: 30,
}
const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** Reads every body to its end and then answers. */
class ReadingHost implements ConnectionHost {
  readonly limits: ConnectionLimits
  readonly stopping = false
  readonly reading: Reading = { messages: [], end: 'open', why: '' }

  constructor(limits: ConnectionLimits) {
    this.limits = limits
  }

  now(): number {
    return 0
  }

  request(connection: HostedConnection, head: RequestHead, input: Input): Turn {
    const { reading } = this
    const { method, target, fields } = head
    const message: Message = { method, target: target.raw, fields, body: '', complete: false }
    reading.messages.push(message)
    const respond = (): void => connection.sendWhole(answer, undefined, !connection.staysOpen())
    const start = (): void =>
      input.read({
        data: (bytes) => {
          message.body += bytes.toString('latin1')
        },
        end: () => {
          message.complete = true
          respond()
        },
        fail: (failure) => {
          refuse(reading, failure.message)
          respond()
        },
      })
    return { start, gone: nothing, finished: nothing }
  }

  malformed(connection: HostedConnection, refusal: Refusal): void {
    refuse(this.reading, refusal.why)
    connection.refuse('')
  }

  begins(): void {}

  rests(): void {}

  closed(): void {}
}

function nothing(): void {}

function refuse(reading: Reading, why: string): void {
  reading.end = 'refused'
  reading.why = why
}

/** What our engine makes of octets that come in these pieces. */
export function readOurs(pieces: readonly Buffer[], limits = usualLimits): Reading {
  const socket = new FakeSocket()
  const host = new ReadingHost(limits)
  new Connection(socket.asSocket, host)
  for (const piece of pieces) socket.deliver(piece)
  const { reading } = host
  if (reading.end === 'open' && socket.ended) reading.end = 'closed'
  return reading
}

export function splitAt(octets: Buffer, cut: number): Buffer[] {
  return [octets.subarray(0, cut), octets.subarray(cut)]
}

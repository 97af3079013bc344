// The requests in progress on the connections of a server, for who asks. Nothing is noted while they run: what there is
// to say stands in the exchanges, and is put together only when somebody wants to know.

import type { PorticoError } from '../failure.ts'
import type { Stage } from '../http/exchange.ts'
import type { HostedConnection } from '../http1/host.ts'
import { HttpExchange } from './http-exchange.ts'

export interface ServerFigures {
  readonly connections: number
  /** Since the process has started, those that were malformed as well. */
  readonly requests: number
  readonly running: number
}

export interface RunningRequest {
  readonly id: string
  /** Since its head was complete. */
  readonly ageMs: number
  readonly method: string
  /** Raw, and cut where it is long. */
  readonly target: string
  readonly host: string
  /** '' before it was routed. */
  readonly mount: string
  /** Kind of the handler that has it: 'files', 'wsgi'; '' when none has. */
  readonly handler: string
  /** 'shop/4711'; '' while no worker has it. */
  readonly worker: string
  /** '' on a unix socket. */
  readonly client: string
  readonly stage: Stage
}

/** Characters of a target that are shown. */
const targetCharacters = 200

export function runningRequests(connections: Iterable<HostedConnection>, nowMs: number): RunningRequest[] {
  const found: RunningRequest[] = []
  for (const { turn } of connections) if (turn instanceof HttpExchange) found.push(describe(turn, nowMs))
  return found.sort((a, b) => b.ageMs - a.ageMs)
}

/** It is answered with the failure, or its answer is cut short; what it was, undefined when there is none of that id. */
export function endRequest(
  connections: Iterable<HostedConnection>,
  id: string,
  failure: PorticoError,
  nowMs: number,
): RunningRequest | undefined {
  for (const connection of connections) {
    const { turn } = connection
    if (!(turn instanceof HttpExchange) || turn.id !== id) continue
    const request = describe(turn, nowMs)
    if (!turn.end(failure) && !connection.cutShort(failure)) connection.destroy()
    return request
  }
  return undefined
}

function describe(exchange: HttpExchange, nowMs: number): RunningRequest {
  const { raw } = exchange.head.target
  return {
    id: exchange.id,
    ageMs: Math.max(0, Math.round(nowMs - exchange.receivedMs)),
    method: exchange.head.method,
    target: raw.length > targetCharacters ? `${raw.slice(0, targetCharacters)}...` : raw,
    host: exchange.host,
    mount: exchange.mount,
    handler: exchange.handler,
    worker: exchange.worker,
    client: exchange.peer.remoteAddress,
    stage: exchange.stage,
  }
}

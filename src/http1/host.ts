// The contract between a connection and the server it belongs to: requests up, answers down.

import type { PorticoError } from '../failure.ts'
import type { Input, OutputSource } from '../http/exchange.ts'
import type { RequestHead } from '../http/head.ts'
import type { ConnectionLimits } from './limits.ts'
import type { Refusal } from './refusal.ts'

/** What a host may ask of a connection. */
export interface HostedConnection {
  /** No request in progress, nothing of one received, and kept or silent for a while: it may go when room is needed. */
  readonly idle: boolean
  /** Its neighbours in the host's list of idle connections. */
  idleBefore: HostedConnection | undefined
  idleAfter: HostedConnection | undefined
  /** The request in progress: its answer is awaited, or being streamed. */
  readonly turn: Turn | undefined
  /** Can the connection stay open behind the answer? Asked when its head is written; false announces the close. */
  staysOpen(): boolean
  /** Sends a complete answer in one write. `close` must be what the head says. */
  sendWhole(head: string, body: Buffer | undefined, close: boolean): void
  /** Sends a complete answer that is octets already, and keeps the connection open. They are never changed. */
  sendOctets(octets: Buffer, bodyBytes: number): void
  /** Sends a head and lets the source stream the body behind it. */
  sendStream(head: string, source: OutputSource, framing: OutputFraming, close: boolean): void
  /** Answers bytes that are no request, and closes. */
  refuse(answer: string): void
  /** Closes at once when idle, else behind the answer in progress or the one that a new connection is about to get. */
  stop(): void
  destroy(): void
  /** Ends an answer that is being streamed, as cut short; false when none is. */
  cutShort(failure: PorticoError): boolean
  /** Called by the host every sweep; true when it was late, and something was done about it. */
  checkDeadlines(nowMs: number): boolean
}

/** The announced number of octets, or how the end of a body will be known. */
export type OutputFraming = 'chunked' | 'close' | number

/** The host's side of a request in progress. */
export interface Turn {
  /** Go: from here on the answer may be given, at once or later. */
  start(): void
  /** The client went away before the answer was complete. */
  gone(failure: PorticoError): void
  /** The answer is written (or given up) with that many octets of body; `complete` false when it was cut short. */
  finished(bodyBytes: number, complete: boolean, failure?: PorticoError): void
}

export interface ConnectionHost {
  readonly limits: ConnectionLimits
  /** Monotonic milliseconds, as fresh as the last sweep: enough for deadlines. */
  now(): number
  /** True once a stop was asked for: every answer from then on closes its connection. */
  readonly stopping: boolean
  request(connection: HostedConnection, head: RequestHead, input: Input): Turn
  /** The first octets of a head have come. */
  begins(connection: HostedConnection): void
  /** Its answer is out, and it waits for the next request. */
  rests(connection: HostedConnection): void
  /** Bytes that are no request: answer with `refuse`. */
  malformed(connection: HostedConnection, refusal: Refusal): void
  closed(connection: HostedConnection): void
}

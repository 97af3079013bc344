// The contract between the layers: a request travels down as an Exchange, the answer travels up as an Answer.
// A small complete answer is one value holding its bytes; streams exist only for what is large or slow.

import type { PorticoError } from '../failure.ts'
import type { FieldList, Fields } from './fields.ts'
import type { RequestHead } from './head.ts'

/**
 * The two ends of the connection a request came in on: the same object for every request on it, except for those with
 * which a trusted proxy told of the connection that it had itself; they have an object with the ends of that one.
 */
export interface Peer {
  /** Address of the client without brackets; '' on a unix socket. */
  readonly remoteAddress: string
  /** 0 when it is not known, as on a unix socket. */
  readonly remotePort: number
  readonly localAddress: string
  /** Port that the client connected to; 0 on a unix socket. */
  readonly localPort: number
  readonly scheme: 'http' | 'https'
  /**
   * Who that is for access and limits where a proxy tells of a client and not of its address: no address, and the same for
   * all such clients of one proxy. `remoteAddress` is then that of the nearest proxy.
   */
  readonly unknownClient?: string | undefined
  /** The connection is that of a trusted proxy: what it says in forwarded fields is so. */
  readonly trusted: boolean
}

/** Receives the octets of a request body. After `fail` or `end` nothing more comes. */
export interface InputSink {
  /** The bytes are the sink's to keep: nobody overwrites them. */
  data(bytes: Buffer): void
  end(): void
  fail(failure: PorticoError): void
}

/** The body of a request, not read until somebody asks for it. */
export interface Input {
  /** Octets by Content-Length; undefined when the body is chunked. 0 means there is no body. */
  readonly length: number | undefined
  /** Starts the flow into the sink, sending 100 (Continue) first where the client waits for it. Call once. */
  read(sink: InputSink): void
  pause(): void
  resume(): void
}

/** Takes the octets of an answer that is being streamed. */
export interface OutputSink {
  /**
   * False asks the source to wait for `resume`. The bytes must not be changed afterwards; once `resume` has come, all that
   * was written before has left and is the source's again.
   */
  write(bytes: Buffer): boolean
  /**
   * Takes octets of an open file without a copy, as many as there is room for, and returns how many. After 0 the source
   * writes octets as usual, whose `resume` says when there is room again.
   */
  sendFile?(file: number, position: number, length: number): number
  /** The output is complete. */
  end(): void
  /** The output was cut short; the client must be able to see that (DESIGN: never looks complete). */
  fail(failure: PorticoError): void
}

/** Produces the octets of an answer. */
export interface OutputSource {
  start(sink: OutputSink): void
  /** The sink has room again. */
  resume(): void
  /** Nobody wants the rest (client gone, HEAD, 304): free everything; no further sink calls. */
  cancel(): void
}

export interface StreamBody {
  /** Octets that will come, when known; undefined makes the answer chunked or close-delimited. */
  readonly length: number | undefined
  readonly source: OutputSource
}

/**
 * undefined: no body. Buffer: the whole body; up to 64 KiB it may be reused once `respond` returns, a larger one must
 * be left alone. StreamBody: octets still to come.
 */
export type AnswerBody = undefined | Buffer | StreamBody

/** Bodies up to this size are sent in one piece of memory with their head. */
export const maxJoinedBytes = 64 * 1024

/**
 * What is sent of an answer that is given again and again, as respond.ts made it: right for one value of Date, and made
 * anew with the next, so that nothing that is on its way to a socket ever changes.
 */
export interface KeptOctets {
  /** It was given once: what is given only once is not worth the memory. */
  isRepeated: boolean
  date: string
  head: string
  /** Head and body together; undefined when the body is too large for that. */
  octets: Buffer | undefined
}

export function newKeptOctets(): KeptOctets {
  return { isRepeated: false, date: '', head: '', octets: undefined }
}

/** A complete answer to one request. `fields` holds no framing and no connection fields; respond.ts adds them. */
export interface Answer {
  readonly status: number
  /** Reason phrase; undefined takes the standard one. */
  readonly reason?: string | undefined
  readonly fields: FieldList | Fields
  readonly body: AnswerBody
  /** Content-Length to announce where there is no body to count: HEAD and 304 answers of applications. */
  readonly length?: number | undefined
  /** Of a 304, where that is known: the 200 that it stands for. */
  readonly unchanged?: { readonly fields: Fields; readonly length: number } | undefined
  /** There for an answer with a Buffer that is the same object for many requests. */
  readonly kept?: KeptOctets | undefined
  /** The streamed body is a whole message with a head of its own; nothing is added to it, and the connection ends with it. */
  readonly verbatim?: true
  /** The body is a page of this server's own about an error: another one may take its place, or not. */
  readonly errorPage?: 'replaceable' | 'fixed' | undefined
}

/** What a request is at, for who looks: its body comes in, it waits, somebody works on it, its answer goes out. */
export type Stage = 'reading body' | 'queued' | 'waiting for new code' | 'running' | 'sending'

/** Called when the client has gone before the answer was complete: free what you can. */
export interface Cancellable {
  /** Undefined: 'running'. */
  readonly stage?: Stage
  cancel(): void
}

/** One request on its way. Exactly one of `respond`, `pass` and `fail` is called, once, now or later. */
export interface Exchange {
  /** Request id: unique in this log, printable, no spaces. */
  readonly id: string
  readonly head: RequestHead
  /** The normalised path: decoded once, dot segments resolved, `//` collapsed for matching; a ByteString from '/'. */
  readonly path: string
  /** Raw query without the question mark; '' when there is none. */
  readonly query: string
  /** Host and port as the client meant them: told by a trusted proxy, else of the head; '' when the client sent none. */
  readonly authority: string
  /** Host name of the authority: lower case, no port, IPv6 in brackets; '' when the client sent none. */
  readonly host: string
  readonly peer: Peer
  readonly input: Input
  /** When the head was complete, on the monotonic clock, in ms. */
  readonly receivedMs: number
  /** Set by whoever works on the exchange; called at most once, never after respond. */
  whenGone: Cancellable | undefined
  /** Facts for the access log and `explain`; set by the router and the handlers. */
  mount: string
  worker: string
  /** Who the client is by its password, a ByteString; '' when this server asked for none. */
  readonly user: string
  respond(answer: Answer): void
  /** "Not mine": the next candidate answers (files only, see the mount rules). */
  pass(): void
  /** Whoever answers at this path and query answers, as to a GET without a body (RFC 3875 section 6.2.2). */
  redirectLocally(target: string): void
  fail(failure: PorticoError): void
}

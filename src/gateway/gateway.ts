// The contract of gateways: environ and input in; head, output and verdict out (RFC 3875, PEP 3333).
// A gateway encodes one call for one channel; who keeps the application alive is the backend's affair.

import type { Channel } from '../backend/backend.ts'
import type { PorticoError } from '../failure.ts'
import type { Fields } from '../http/fields.ts'
import type { Environ } from './environ.ts'
import type { CallInput } from './input.ts'

export interface Call {
  readonly environ: Environ
  /** The body of the request; undefined when there is none. */
  readonly input: CallInput | undefined
  /** Octets the application may answer with before a head is refused. */
  readonly maxHeadBytes: number
  /** The output is a whole message of HTTP, head included, that goes to the client as it is (RFC 3875 section 5, NPH). */
  readonly verbatim?: boolean
}

/** Head of an application's answer. */
export interface ResponseHead {
  readonly status: number
  readonly reason: string | undefined
  readonly fields: Fields
  /** Path and query that answer in the place of this one (RFC 3875 section 6.2.2). */
  readonly localRedirect?: string
  /** The output begins with a head of its own; there are no fields here. */
  readonly verbatim?: true
}

/** Receives the answer of an application, in this order: head, output..., end | fail. Errors may come any time. */
export interface Reply {
  head(head: ResponseHead): void
  /**
   * False asks to pause; the gateway stops reading until `resume` of its running call.
   * The bytes are valid only until the call returns.
   */
  output(bytes: Buffer): boolean
  /** Nothing more is in hand: what was given must not wait for more. */
  flush(): void
  /** One or more complete lines, or a piece of one, that the application wrote to its errors stream. */
  errors(text: Buffer): void
  /** Verdict: complete. */
  end(): void
  /**
   * Verdict: cut short, refused or broken; nothing more comes.
   * `unread` true: the application certainly never saw the call, so it may be made again elsewhere.
   */
  fail(failure: PorticoError, unread?: boolean): void
}

/** A call in progress. */
export interface RunningCall {
  resume(): void
  /** Nobody wants the answer any more. Frees the channel (closing it, on our own workers). */
  cancel(): void
}

export interface Gateway {
  readonly name: string
  /** Encodes the call, sends it over the channel and decodes the answer into `reply`. Never throws. */
  call(call: Call, channel: Channel, reply: Reply): RunningCall
}

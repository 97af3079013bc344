// The contract of backends: where an application lives and who keeps it alive. `open` gives a channel to one slot.
// Queueing, choice of slot, health and pooling are behind it; what travels on a channel is the gateway's affair.

import type { PorticoError } from '../failure.ts'

/** Receives what happens on a channel while a call has it. */
export interface ChannelSink {
  /** The bytes are valid only until the call returns; copy what is kept. */
  data(bytes: Buffer): void
  /** What was written has gone out; write more. */
  drained(): void
  /** The channel broke or the peer closed it. `unread` true: the peer certainly never read all of the call. */
  closed(failure: PorticoError, unread: boolean): void
  /**
   * The peer has closed its side in order: nothing more comes. A wire on which that is no end fails with `failure`.
   * Channels of our own workers never call it.
   */
  ended(failure: PorticoError): void
}

/** A connection to one slot, lent for one call. */
export interface Channel {
  /** Label of the worker for logs: 'shop/4711'. */
  readonly worker: string
  /** Whom to tell; set by the gateway when it starts the call. */
  sink: ChannelSink | undefined
  /** The call waits for more of its input, so its application is not to blame for the time; set by the gateway. */
  awaitsInput: boolean
  /**
   * False: wait for `drained`. The bytes are not changed any more, whatever is returned.
   * `whole`: these are all bytes of the call.
   */
  write(bytes: Buffer, whole?: boolean): boolean
  pause(): void
  resume(): void
  /** The call is over and the connection is in step: the slot is free again. */
  release(): void
  /** The call was given up: close the connection; the slot is free when its worker says so. */
  abandon(): void
  /** The head of the answer has come: request_time no longer applies, output_idle does. */
  answering(): void
}

/** Waits for a channel. */
export interface Opener {
  /** Request id, for what is said about the slot. */
  readonly request: string
  /** It may be sent again although a peer may have begun it: its method is idempotent, and it was not sent again before. */
  readonly repeatable: boolean
  granted(channel: Channel): void
  refused(failure: PorticoError): void
}

/** A place in the queue. */
export interface Ticket {
  /** Leaves the queue. After that neither granted nor refused is called. */
  cancel(): void
}

export interface Backend {
  readonly name: string
  /** Grants a channel now (before returning) or later; undefined means it was granted or refused at once. */
  open(opener: Opener): Ticket | undefined
  /** Stops connecting and closes idle channels; calls in progress go on. */
  close(): void
}

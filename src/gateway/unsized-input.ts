// A call whose input has no length before its end, on a wire that has to say it first. Only `stream_input` leads to that: a
// spooled input is sized whatever its framing was.

import type { Channel } from '../backend/backend.ts'
import { PorticoError } from '../failure.ts'
import type { Call, Reply, RunningCall } from './gateway.ts'

export function hasUnsizedInput({ input }: Call): boolean {
  return input !== undefined && input.length === undefined
}

/** @param wire as messages call it */
export function unsizedInput(wire: string): PorticoError {
  const what = `stream_input cannot be used for chunked request bodies with ${wire}, whose applications must know the length first`
  return new PorticoError('E_INPUT_UNSIZED', what)
}

/** Fails a call that is not to be made. */
export function refuseCall(failure: PorticoError, channel: Channel, reply: Reply): RunningCall {
  channel.abandon()
  reply.fail(failure)
  return refusedCall
}

const refusedCall: RunningCall = { resume: () => {}, cancel: () => {} }

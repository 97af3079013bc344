// One call whose peer says these octets: what a gateway makes of them, and whether it keeps its contract.

import type { Gateway } from '../../src/gateway/gateway.ts'
import { RecordDecoder, recordType } from '../../src/wire/fastcgi.ts'
import { FakeChannel } from '../double/fake-channel.ts'
import { RecordingReply } from '../double/recording-reply.ts'

export const maxHeadBytes = 200

export interface CallOutcome {
  /** Head, output, errors and verdict in one line. */
  readonly text: string
  /** Octets of output that had come at most while there was neither a head nor a verdict, as far as that was asked. */
  readonly unansweredBytes: number
}

/** @param outputIn counts the octets of output in pieces, interim heads among them */
export function callOutcome(
  gateway: Gateway,
  pieces: readonly Buffer[],
  closes: 'end' | 'break',
  outputIn: (pieces: readonly Buffer[]) => number = () => 0,
): CallOutcome {
  const channel = new FakeChannel()
  const reply = new RecordingReply()
  gateway.call({ environ: { constant: [], variable: [] }, input: undefined, maxHeadBytes }, channel, reply)
  let unansweredBytes = 0
  let fed: Buffer[] = []
  for (const piece of pieces) {
    channel.deliver(piece)
    fed = [...fed, piece]
    if (reply.answer === undefined && reply.verdict === undefined)
      unansweredBytes = Math.max(unansweredBytes, outputIn(fed))
  }
  channel[closes]()
  if (reply.verdict === undefined) throw new Error('no verdict')
  return { text: JSON.stringify([reply.answer, reply.sent, reply.said, reply.code]), unansweredBytes }
}

/** Octets of STDOUT of the call's request, by a decoder of its own. */
export function recordedOutput(pieces: readonly Buffer[]): number {
  let size = 0
  new RecordDecoder().push(Buffer.concat(pieces), {
    record: (type, id, content) => {
      if (type === recordType.stdout && id === 1) size += content.length
    },
    malformed: () => {},
  })
  return size
}

// What a gateway makes of an answer that comes in these pieces, as the events of a transcript.

import type { Gateway } from '../../src/gateway/gateway.ts'
import { FakeChannel } from '../double/fake-channel.ts'
import { RecordingReply } from '../double/recording-reply.ts'
import type { Transcript } from './transcript.ts'

export function answerEvents(gateway: Gateway, pieces: readonly Buffer[], { close }: Transcript): string {
  const channel = new FakeChannel()
  const reply = new RecordingReply()
  const environ = { constant: ['REQUEST_METHOD', 'GET'], variable: [] }
  gateway.call({ environ, input: undefined, maxHeadBytes: 1000 }, channel, reply)
  channel.deliver(...pieces)
  if (close === 'end') channel.end()
  if (close === 'reset') channel.break()
  const lines: string[] = []
  const { answer, verdict, sent } = reply
  if (answer !== undefined) {
    const { status, reason = '', fields, localRedirect } = answer
    lines.push(`head ${status} ${JSON.stringify(reason)} ${JSON.stringify(fields)}`)
    if (localRedirect !== undefined) lines.push(`local redirect to ${localRedirect}`)
    lines.push(`output ${JSON.stringify(sent)}`)
  }
  if (verdict === undefined) lines.push('no verdict yet')
  else if (verdict === 'complete') lines.push('complete')
  else lines.push(`${verdict.code}: ${verdict.message}`)
  return `${lines.join('\n')}\n`
}

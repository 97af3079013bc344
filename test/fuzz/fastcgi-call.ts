// One FastCGI call whose worker says these octets: what the gateway makes of them, and whether it keeps its contract.

import type { Channel } from '../../src/backend/backend.ts'
import { PorticoError } from '../../src/failure.ts'
import { fastcgiGateway } from '../../src/gateway/fastcgi.ts'
import type { Reply, ResponseHead } from '../../src/gateway/gateway.ts'
import { RecordDecoder, recordType } from '../../src/wire/fastcgi.ts'

export const maxHeadBytes = 200

export interface CallOutcome {
  /** Head, output, errors and verdict in one line. */
  readonly text: string
  /** Octets of output that have come while there is neither a head nor a verdict. */
  readonly unansweredBytes: number
}

class FuzzedChannel implements Channel {
  readonly worker = 'fuzzed/1'
  sink: Channel['sink']
  awaitsInput = false

  write(): boolean {
    return true
  }

  pause(): void {}

  resume(): void {}

  release(): void {}

  abandon(): void {}

  answering(): void {}
}

/** Fails when something comes out of its order. */
class Recorder implements Reply {
  answer = ''
  sent = ''
  said = ''
  verdict = ''

  head(head: ResponseHead): void {
    this.#open('head')
    if (this.answer !== '') throw new Error('a second head')
    this.answer = JSON.stringify(head)
  }

  output(piece: Buffer): boolean {
    this.#open('output')
    if (this.answer === '') throw new Error('output before the head')
    this.sent += piece.toString('latin1')
    return true
  }

  flush(): void {}

  errors(text: Buffer): void {
    this.#open('errors')
    this.said += text.toString('latin1')
  }

  end(): void {
    this.#open('end')
    if (this.answer === '') throw new Error('an end without a head')
    this.verdict = 'complete'
  }

  fail({ code }: PorticoError): void {
    this.#open('fail')
    this.verdict = code
  }

  #open(what: string): void {
    if (this.verdict !== '') throw new Error(`${what} behind the verdict`)
  }
}

export function callOutcome(pieces: readonly Buffer[]): CallOutcome {
  const channel = new FuzzedChannel()
  const reply = new Recorder()
  const call = { environ: { constant: [], variable: [] }, input: undefined, maxHeadBytes }
  fastcgiGateway.call(call, channel, reply)
  let unansweredBytes = 0
  let fed: Buffer[] = []
  for (const piece of pieces) {
    channel.sink?.data(piece)
    fed = [...fed, piece]
    if (reply.answer === '' && reply.verdict === '') {
      unansweredBytes = Math.max(unansweredBytes, outputIn(fed))
    }
  }
  if (reply.verdict === '') channel.sink?.closed(new PorticoError('E_BACKEND_FAILED'), false)
  return { text: JSON.stringify([reply.answer, reply.sent, reply.said, reply.verdict]), unansweredBytes }
}

/** Octets of STDOUT of the call's request, by a decoder of its own. */
function outputIn(pieces: readonly Buffer[]): number {
  let size = 0
  new RecordDecoder().push(Buffer.concat(pieces), {
    record: (type, id, content) => {
      if (type === recordType.stdout && id === 1) size += content.length
    },
    malformed: () => {},
  })
  return size
}

// Asks a running server over its control socket, and hands on what it answers.

import { connect } from 'node:net'
import { Deadline } from '../../process/deadline.ts'
import { LineSplitter } from '../../process/worker/line-splitter.ts'
import {
  answerBytes,
  type ControlAnswer,
  type ControlRequest,
  encodeLine,
  parseAnswer,
} from '../../server/control/protocol.ts'

/** How long a server may take to say hello. */
const helloMs = 5000
/** How long it may take for what is answered at once. */
const endMs = 30_000

export type TalkEnd =
  | { readonly kind: 'ended'; readonly exit: number }
  /** Nobody listens. */
  | { readonly kind: 'absent' }
  /** The connection has closed before the end of the answer. */
  | { readonly kind: 'closed' }
  /** Its process is there and says nothing. */
  | { readonly kind: 'silent' }
  /** The system does not let us connect. */
  | { readonly kind: 'refused'; readonly code: string }

export interface TalkOptions {
  readonly path: string
  readonly request: ControlRequest
  /** The answer goes on for as long as it takes. */
  readonly lasts: boolean
  readonly answer: (answer: ControlAnswer) => void
}

export function talk({ path, request, lasts, answer }: TalkOptions): Promise<TalkEnd> {
  return new Promise((resolve) => {
    const deadline = new Deadline()
    const socket = connect({ path })
    let error = ''
    const finish = (end: TalkEnd): void => {
      deadline.clear()
      socket.destroy()
      resolve(end)
    }
    deadline.arm(helloMs, () => finish({ kind: 'silent' }))
    const hear = (said: ControlAnswer | undefined): void => {
      // A newer server may say more than we know.
      if (said === undefined) return
      if (said.kind === 'hello') {
        if (lasts) deadline.clear()
        else deadline.arm(endMs, () => finish({ kind: 'silent' }))
      } else if (said.kind === 'end') finish({ kind: 'ended', exit: said.exit })
      else answer(said)
    }
    const splitter = new LineSplitter(answerBytes, {
      line: (bytes, complete) => hear(complete ? parseAnswer(bytes.toString('utf8')) : undefined),
    })
    socket.on('data', (bytes) => splitter.push(bytes))
    socket.on('error', (failure: NodeJS.ErrnoException) => {
      error = failure.code ?? failure.message
    })
    socket.on('close', () => finish(closedBy(error)))
    socket.write(encodeLine(request))
  })
}

function closedBy(code: string): TalkEnd {
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') return { kind: 'absent' }
  return code === '' || code === 'ECONNRESET' || code === 'EPIPE'
    ? { kind: 'closed' }
    : { kind: 'refused', code }
}

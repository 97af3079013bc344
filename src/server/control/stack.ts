// `portico stack ID`: what the thread of a request, or all threads of a worker, are doing right now.

import type { ThreadStack } from '../../process/worker/control-line.ts'
import type { Conversation } from './conversation.ts'
import type { AskHttp } from './questions.ts'
import { requestNamed, type Supervisors, silenceOf, workerNamed, workerOf } from './whereabouts.ts'
import { addressOf, placeOf } from './worker-label.ts'

interface Looked {
  readonly ask: AskHttp
  readonly supervisors: Supervisors
}

/** @param of id of a request, number of a worker, or pid of a worker or an HTTP process */
export function tellStack(looked: Looked, of: string, conversation: Conversation): Promise<void> {
  return /^\d+$/.test(of)
    ? tellWorker(looked, Number(of), conversation)
    : tellRequest(looked, of, conversation)
}

async function tellWorker(
  { ask, supervisors }: Looked,
  number: number,
  conversation: Conversation,
): Promise<void> {
  const known = workerNamed(number, supervisors)
  if (known !== undefined) {
    const { application, supervisor, worker, pid } = known
    conversation.send({ kind: 'note', text: `worker ${worker} of ${application}, pid ${pid}` })
    if (supervisor.application.program !== null) refuse(noThreads, conversation)
    else tellThreads(await supervisor.stacks(worker), conversation)
    return
  }
  const http = (await ask({ what: 'stacks' })).find(({ pid }) => pid === number)
  if (http === undefined)
    refuse(`no worker and no HTTP process has the number or pid ${number}`, conversation)
  else {
    conversation.send({ kind: 'note', text: `HTTP process ${number}` })
    tellThreads(http.answer ?? [], conversation)
  }
}

async function tellRequest(
  { ask, supervisors }: Looked,
  id: string,
  conversation: Conversation,
): Promise<void> {
  const answers = await ask({ what: 'running' })
  const request = requestNamed(id, answers)
  if (request === undefined) {
    refuse(`no request ${id} is in progress`, conversation, silenceOf(answers))
    return
  }
  const { method, target, stage, worker, handler } = request
  const address = addressOf(worker)
  if (address !== undefined) {
    refuse(elsewhere(address), conversation, `request ${id}, ${method} ${target}, ${stage} at ${address}`)
    return
  }
  const place = placeOf(worker)
  if (place === undefined) {
    refuse(`request ${id} is in no worker: ${stage}${handler === '' ? '' : ` (${handler})`}`, conversation)
    return
  }
  const known = workerOf(request, supervisors)
  if (known !== undefined && known.supervisor.application.program !== null) {
    refuse(noThreads, conversation, `request ${id}, ${method} ${target}, ${stage} in ${worker}`)
    return
  }
  const threads =
    known === undefined
      ? ((await ask({ what: 'stacks' })).find(({ pid }) => pid === place.pid)?.answer ?? [])
      : await known.supervisor.stacks(known.worker)
  conversation.send({ kind: 'note', text: `request ${id}, ${method} ${target}, ${stage} in ${worker}` })
  const own = threads.filter((thread) => thread.request === id)
  if (own.length === 0 && threads.length > 0)
    conversation.send({ kind: 'note', text: threads.some(({ together }) => together) ? unknown : ended })
  tellThreads(own.length === 0 ? threads : own, conversation)
}

const noThreads =
  'it is a program of which nothing is known but its pid: look at it with a debugger, or with strace'
const elsewhere = (address: string) =>
  `it runs in a process that listens at ${address} and was not started here: look at it there (request_slowlog_timeout of php-fpm, py-spy, a debugger)`
const ended = 'none of its threads is at this request any more; all of them:'
const unknown = 'its interpreter could not say which thread has which request; all of them:'

function tellThreads(threads: readonly ThreadStack[], conversation: Conversation): void {
  if (threads.length === 0) {
    refuse(
      'its interpreter did not answer within half a second: it may be busy in C, or stopped',
      conversation,
    )
    return
  }
  for (const thread of threads)
    conversation.send({ kind: 'line', text: `${headingOf(thread)}:\n${thread.stack.trimEnd()}` })
  conversation.end(0)
}

function headingOf({ request, together }: ThreadStack): string {
  if (together) return 'all threads'
  return request === null ? 'a thread without a request' : `the thread of request ${request}`
}

function refuse(message: string, conversation: Conversation, note?: string): void {
  conversation.send({ kind: 'error', message })
  if (note !== undefined) conversation.send({ kind: 'note', text: note })
  conversation.end(1)
}

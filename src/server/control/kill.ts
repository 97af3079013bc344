// `portico kill ID`: ends one request. Who waits for it gets 503; the thread that works on it gets an exception.

import type { RunningRequest } from '../../listener/running-requests.ts'
import type { Conversation } from './conversation.ts'
import type { AskHttp } from './questions.ts'
import { type Supervisors, silenceOf, workerOf } from './whereabouts.ts'

interface Killing {
  readonly ask: AskHttp
  readonly supervisors: Supervisors
}

export async function killRequest(
  { ask, supervisors }: Killing,
  { request, by }: { readonly request: string; readonly by: string },
  conversation: Conversation,
): Promise<void> {
  const answers = await ask({ what: 'kill', request, by })
  const killed = answers.find(({ answer }) => answer != null)?.answer
  if (killed == null) {
    conversation.send({ kind: 'error', message: `no request ${request} is in progress` })
    const silence = silenceOf(answers)
    if (silence !== undefined) conversation.send({ kind: 'note', text: silence })
    conversation.end(1)
    return
  }
  const worker = workerOf(killed, supervisors)
  await worker?.supervisor.interrupt(worker.worker, request, by)
  // Of an embedded application there is no worker, but a thread.
  const isThread = (worker?.supervisor.application.launcher ?? null) === null
  for (const text of outcome(killed, isThread)) conversation.send({ kind: 'note', text })
  conversation.end(0)
}

function outcome({ id, method, target, stage, worker, ageMs }: RunningRequest, isThread: boolean): string[] {
  const ended = `ended request ${id}, ${method} ${target}, after ${(ageMs / 1000).toFixed(1)} s`
  const client = stage === 'sending' ? 'its answer was cut short' : 'its client got 503'
  const thread = isThread
    ? `RequestKilled was raised in its thread of ${worker}; code that waits in C feels it when it returns`
    : 'its script gets SIGTERM with all its process group, and SIGKILL three seconds later'
  return [`${ended}: ${client}`, ...(worker === '' ? [] : [thread])]
}

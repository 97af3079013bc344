// `portico kill ID`: ends one request. Who waits for it gets 503; the thread that works on it gets an exception, and what is no
// thread of ours is told as far as it can be.

import type { RunningRequest } from '../../listener/running-requests.ts'
import type { ApplicationSpec } from '../../process/application-spec.ts'
import type { Conversation } from './conversation.ts'
import type { AskHttp } from './questions.ts'
import { type Supervisors, silenceOf, workerOf } from './whereabouts.ts'
import { addressOf } from './worker-label.ts'

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
  for (const text of outcome(killed, worker?.supervisor.application))
    conversation.send({ kind: 'note', text })
  conversation.end(0)
}

function outcome(
  { id, method, target, stage, worker, ageMs }: RunningRequest,
  application: ApplicationSpec | undefined,
): string[] {
  const ended = `ended request ${id}, ${method} ${target}, after ${(ageMs / 1000).toFixed(1)} s`
  const client = stage === 'sending' ? 'its answer was cut short' : 'its client got 503'
  return [`${ended}: ${client}`, ...(worker === '' ? [] : [whatItFeels(worker, application)])]
}

/** Of an embedded application there is no worker, but a thread. */
function whatItFeels(worker: string, application: ApplicationSpec | undefined): string {
  const address = addressOf(worker)
  if (address !== undefined)
    return `its connection to ${address} was closed (one that carries several gets FCGI_ABORT_REQUEST); the application there may be at it until it looks`
  if (application != null && application.program !== null && application.threads === 1)
    return `its process, which serves one request at a time, is ended, and another takes its place`
  if (application != null && application.program !== null)
    return `its connection to ${worker} was closed; a program cannot be told more, and may be at it until it looks`
  if (application != null && application.launcher !== null)
    return 'its script gets SIGTERM with all its process group, and SIGKILL three seconds later'
  return `RequestKilled was raised in its thread of ${worker}; code that waits in C feels it when it returns`
}

// What an HTTP process answers when the supervisor asks it.

import type { ExternalBackend } from '../../backend/external/external.ts'
import type { SupervisedBackend } from '../../backend/supervised.ts'
import { PorticoError } from '../../failure.ts'
import type { HttpServer } from '../../listener/http-server.ts'
import type { RunningRequest } from '../../listener/running-requests.ts'
import type { RecentLines } from '../../log/recent-lines.ts'
import type { AccessLogs } from '../access-logs.ts'
import type { EmbeddedApplications } from '../embedded.ts'
import type { Answers, Question, Questions, What } from './questions.ts'
import { placeOf } from './worker-label.ts'

/** The parts of an HTTP process that know. */
export interface Asked {
  readonly server: HttpServer
  readonly backends: ReadonlyMap<string, SupervisedBackend>
  readonly externals: ReadonlyMap<string, ExternalBackend>
  readonly embedded: EmbeddedApplications
  readonly accessLogs: AccessLogs
  readonly recent: RecentLines
}

export async function answer(asked: Asked, question: Question): Promise<Answers[What]> {
  switch (question.what) {
    case 'figures':
      return {
        ...asked.server.figures,
        memoryBytes: process.memoryUsage.rss(),
        backends: [...asked.backends.values()].map(({ figures }) => figures),
        externals: [...asked.externals.values()].map(({ figures }) => figures),
      }
    case 'running':
      return asked.server.running()
    case 'stacks':
      return asked.embedded.stacks()
    case 'kill':
      return kill(asked, question)
    case 'log':
      asked.accessLogs.handOn()
      return asked.recent.read({ ...question, after: question.after[process.pid] ?? 0 })
    default:
      return question satisfies never
  }
}

function kill({ server, embedded }: Asked, { request, by }: Questions['kill']): RunningRequest | null {
  const killed = server.kill(request, new PorticoError('E_REQUEST_KILLED', undefined, { by }))
  const place = placeOf(killed?.worker ?? '')
  // Of a daemon the supervisor sees to it.
  if (place !== undefined) embedded.interrupt(place.application, request, by)
  return killed ?? null
}

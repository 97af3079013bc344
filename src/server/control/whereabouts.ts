// Where a request, a worker or a pid is to be found among the workers and HTTP processes of a server.

import type { RunningRequest } from '../../listener/running-requests.ts'
import type { ApplicationSupervisor } from '../../process/supervisor.ts'
import type { Answered } from './questions.ts'
import { placeOf } from './worker-label.ts'

export type Supervisors = ReadonlyMap<string, ApplicationSupervisor>

export interface KnownWorker {
  readonly application: string
  readonly supervisor: ApplicationSupervisor
  readonly worker: number
  readonly pid: number
}

/** The daemon that has a request; undefined when none has, or an embedded application. */
export function workerOf(request: RunningRequest, supervisors: Supervisors): KnownWorker | undefined {
  const place = placeOf(request.worker)
  return all(supervisors).find(
    ({ application, pid }) => application === place?.application && pid === place.pid,
  )
}

/** By its number, else by its pid. */
export function workerNamed(number: number, supervisors: Supervisors): KnownWorker | undefined {
  const workers = all(supervisors)
  return workers.find(({ worker }) => worker === number) ?? workers.find(({ pid }) => pid === number)
}

export function requestNamed(
  id: string,
  answers: readonly Answered<'running'>[],
): RunningRequest | undefined {
  return answers.flatMap(({ answer }) => answer ?? []).find((request) => request.id === id)
}

/** "HTTP process 4711 does not answer", for what may be missing because of that; undefined when all answer. */
export function silenceOf(answers: readonly Answered<'running' | 'kill' | 'log'>[]): string | undefined {
  const silent = answers.filter(({ role, answer }) => answer === undefined && role !== 'starting')
  if (silent.length === 0) return undefined
  const names = silent.map(({ pid }) => (pid === 0 ? 'one that is being started again' : String(pid)))
  return `no answer within a second from HTTP process ${names.join(', ')}; its requests are missing here`
}

function all(supervisors: Supervisors): KnownWorker[] {
  return [...supervisors].flatMap(([application, supervisor]) =>
    supervisor.report.workers.map(({ worker, pid }) => ({ application, supervisor, worker, pid })),
  )
}

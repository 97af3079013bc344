// The status of a running server, put together when somebody asks: what the supervisor knows, and what its HTTP
// processes answer.

import type { AddressFigures } from '../../backend/external/external.ts'
import type { Application, Effective, External } from '../../config/effective.ts'
import type { WorkerReport } from '../../process/application-report.ts'
import type { ApplicationSupervisor } from '../../process/supervisor.ts'
import { residentBytes } from '../../process/worker/resident-memory.ts'
import { isEmbedded } from '../embedding.ts'
import { programVersion } from '../version.ts'
import type { Answered, HttpFigures, HttpRole } from './questions.ts'

export interface StatusReport {
  readonly version: string
  readonly pid: number
  /** When the server was started, in ms since 1970. */
  readonly startedMs: number
  /** Configuration file, or directory that was detected. */
  readonly origin: string
  readonly listen: readonly string[]
  readonly http: readonly HttpStatus[]
  readonly applications: readonly ApplicationStatus[]
  readonly externals: readonly ExternalStatus[]
  readonly services: readonly ServiceStatus[]
}

/** An application that somebody else keeps alive. */
export interface ExternalStatus {
  readonly name: string
  readonly wire: string
  /** Requests that wait for a connection; null when no HTTP process answers. */
  readonly queued: number | null
  readonly addresses: readonly AddressFigures[]
}

export interface ServiceStatus {
  readonly name: string
  /** 0 while it is not running. */
  readonly pid: number
  readonly memoryBytes: number | null
}

export interface HttpStatus {
  readonly role: HttpRole
  /** 0 while it is being started again. */
  readonly pid: number
  /** False: it did not within a second. What it would have said is null then. */
  readonly answers: boolean
  readonly memoryBytes: number | null
  readonly connections: number | null
  readonly requests: number | null
  readonly running: number | null
}

export interface ApplicationStatus {
  readonly name: string
  readonly mode: string
  /** 'idle': it has no worker while nobody asks (processes: { min: 0 }). */
  readonly state: 'starting' | 'ready' | 'idle' | 'failed' | 'unknown'
  readonly generation: number
  /** Requests that wait for a slot; null when no HTTP process answers. */
  readonly queued: number | null
  /** Workers that ended, or failed to start, although nobody asked for it; null for an embedded application. */
  readonly restarts: number | null
  /** What went wrong last. */
  readonly problem: { readonly text: string; readonly wallMs: number | null } | null
  readonly workers: readonly WorkerStatus[]
}

export interface WorkerStatus {
  /** Number; 0 for the threads of an HTTP process. */
  readonly worker: number
  readonly pid: number
  readonly generation: number
  readonly state: WorkerReport['state'] | 'failed'
  /** For how long it has been in that state; null when that is not known. */
  readonly forMs: number | null
  readonly memoryBytes: number | null
  readonly slots: number
  /** Slots at work and requests served, as the HTTP processes count them; null when none answers. */
  readonly busy: number | null
  readonly requests: number | null
}

/** What a status is made of. */
export interface StatusFacts {
  readonly effective: Effective
  readonly addresses: readonly string[]
  readonly startedMs: number
  /** Daemons, by name. */
  readonly supervisors: ReadonlyMap<string, ApplicationSupervisor>
  /** Pids of services, by name. */
  readonly services: ReadonlyMap<string, number>
  readonly http: readonly Answered<'figures'>[]
}

type Figures = Answered<'figures'> & { readonly answer: HttpFigures }
type Backend = HttpFigures['backends'][number]

export async function statusReport(facts: StatusFacts): Promise<StatusReport> {
  const { effective, addresses, startedMs, http, supervisors } = facts
  const answered = http.filter((one): one is Figures => one.answer !== undefined)
  const applications = effective.applications.map((application) => {
    const { name, mode } = application
    const backends = answered.flatMap(({ role, answer }) =>
      answer.backends.filter((backend) => backend.application === name).map((backend) => ({ role, backend })),
    )
    const supervisor = supervisors.get(name)
    if (supervisor === undefined || isEmbedded(application)) return embeddedStatus(name, mode, backends)
    return daemonStatus(
      application,
      supervisor,
      backends.map(({ backend }) => backend),
    )
  })
  return {
    version: programVersion(),
    pid: process.pid,
    startedMs,
    origin: effective.origin,
    listen: addresses,
    http: http.map(httpStatus),
    applications: await Promise.all(applications),
    externals: effective.externals.map((external) => externalStatus(external, answered)),
    services: await Promise.all([...facts.services].map(serviceStatus)),
  }
}

function externalStatus({ name, wire }: External, answered: readonly Figures[]): ExternalStatus {
  const known = answered.flatMap(({ answer }) => answer.externals).filter((one) => one.application === name)
  const queued = known.length === 0 ? null : sum(known.map((one) => one.queued))
  return { name, wire, queued, addresses: known.flatMap(({ addresses }) => addresses) }
}

async function serviceStatus([name, pid]: readonly [string, number]): Promise<ServiceStatus> {
  return { name, pid, memoryBytes: pid === 0 ? null : ((await residentBytes(pid)) ?? null) }
}

function httpStatus({ role, pid, answer }: Answered<'figures'>): HttpStatus {
  return {
    role,
    pid,
    answers: answer !== undefined,
    memoryBytes: answer?.memoryBytes ?? null,
    connections: answer?.connections ?? null,
    requests: answer?.requests ?? null,
    running: answer?.running ?? null,
  }
}

async function daemonStatus(
  { name, mode, processes_min }: Application,
  supervisor: ApplicationSupervisor,
  backends: readonly Backend[],
): Promise<ApplicationStatus> {
  const { generation, workers, lost, trouble } = supervisor.report
  const { state } = supervisor.publication
  const queued = backends.length === 0 ? null : sum(backends.map(({ queued }) => queued))
  const isIdle = state.kind === 'starting' && processes_min === 0 && workers.length === 0 && queued === 0
  return {
    name,
    mode,
    state: isIdle ? 'idle' : state.kind,
    generation,
    queued,
    restarts: lost,
    problem: trouble ?? (state.kind === 'failed' ? { text: state.reason, wallMs: null } : null),
    workers: await Promise.all(workers.map((worker) => workerStatus(worker, backends))),
  }
}

async function workerStatus(report: WorkerReport, backends: readonly Backend[]): Promise<WorkerStatus> {
  const known = backends.flatMap(({ workers }) => workers).filter(({ worker }) => worker === report.worker)
  const isKnown = backends.length > 0
  return {
    ...report,
    forMs: Math.round(report.forMs),
    memoryBytes: (await residentBytes(report.pid)) ?? null,
    busy: isKnown ? sum(known.map(({ busy }) => busy)) : null,
    requests: isKnown ? sum(known.map(({ requests }) => requests)) : null,
  }
}

/** It lives in the HTTP processes: each of them is a worker of it. */
async function embeddedStatus(
  name: string,
  mode: string,
  backends: readonly { readonly role: HttpRole; readonly backend: Backend }[],
): Promise<ApplicationStatus> {
  const serving = backends.find(({ role }) => role === 'serving')?.backend ?? backends[0]?.backend
  const workers = backends.flatMap(({ role, backend }) =>
    backend.workers.map(
      (worker): WorkerStatus => ({
        worker: 0,
        pid: worker.pid,
        generation: 1,
        state: role === 'finishing' ? 'draining' : backend.state.kind,
        forMs: null,
        memoryBytes: null,
        slots: worker.slots,
        busy: worker.busy,
        requests: worker.requests,
      }),
    ),
  )
  const state = serving?.state
  return {
    name,
    mode,
    state: state?.kind ?? 'unknown',
    generation: 1,
    queued: serving === undefined ? null : sum(backends.map(({ backend }) => backend.queued)),
    restarts: null,
    problem: state?.kind === 'failed' ? { text: state.reason, wallMs: null } : null,
    workers,
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}

// `portico status`: what runs, as a table.

import { wallClockMs } from '../../clock.ts'
import type {
  ApplicationStatus,
  ExternalStatus,
  HttpStatus,
  ServiceStatus,
  StatusReport,
} from '../../server/control/status.ts'
import type { ExitCode } from '../exit-codes.ts'
import { type Output, printable, printableJson } from '../print.ts'
import type { PlaceOptions } from './place.ts'
import { askServer } from './run.ts'
import { count, duration, moment, size, table } from './table.ts'

export interface StatusOptions extends PlaceOptions {
  readonly json?: boolean | undefined
}

export async function status(options: StatusOptions, output: Output): Promise<ExitCode> {
  const { exit, data } = await askServer({ place: options, request: { verb: 'status' } }, output)
  const [first] = data
  if (first === undefined) return exit
  const text =
    options.json === true ? printableJson(first) : printable(statusText(first as StatusReport, wallClockMs()))
  output.data(text)
  return exit
}

/** @param nowMs in ms since 1970 */
export function statusText(report: StatusReport, nowMs: number): string {
  const { version, pid, startedMs, origin, listen, http, applications, externals, services } = report
  const since = `since ${moment(startedMs)} (${duration(Math.max(0, nowMs - startedMs))})`
  const workers = applications.flatMap(workerRows)
  const problems = applications.flatMap((application) => problemLines(application, nowMs))
  return [
    `portico ${version}   pid ${pid}   ${since}   ${origin}`,
    ...listen.map((address) => `listen   ${address}`),
    ...(http.length === 0 ? ['http     none has been started yet'] : http.map(httpLine)),
    ...services.map(serviceLine),
    ...section([
      ['application', 'mode', 'state', 'generation', 'queued', 'restarts'],
      ...applications.map(applicationRow),
    ]),
    ...section([['application', 'worker', 'pid', 'state', 'for', 'memory', 'slots', 'requests'], ...workers]),
    ...section([
      ['application', 'wire', 'queued', 'address', 'state', 'busy', 'idle', 'requests'],
      ...externals.flatMap(externalRows),
    ]),
    ...(problems.length === 0 ? [] : ['', ...problems]),
  ].join('\n')
}

/** Nothing for a heading without rows. */
function section(rows: readonly (readonly string[])[]): string[] {
  return rows.length < 2 ? [] : ['', ...table(rows)]
}

function httpLine({ role, pid, answers, memoryBytes, connections, requests, running }: HttpStatus): string {
  const as = role === 'serving' ? '' : `   ${role}`
  if (pid === 0) return `http     is being started again${as}`
  if (!answers) return `http     pid ${pid}${as}   does not answer`
  return `http     pid ${pid}${as}   ${size(memoryBytes)}   ${connections} connections   ${requests} requests, ${running} of them in progress`
}

function serviceLine({ name, pid, memoryBytes }: ServiceStatus): string {
  return `service  ${name}   ${pid === 0 ? 'is not running' : `pid ${pid}   ${size(memoryBytes)}`}`
}

function applicationRow({ name, mode, state, generation, queued, restarts }: ApplicationStatus): string[] {
  return [name, mode, state, String(generation), count(queued), count(restarts)]
}

function externalRows({ name, wire, queued, addresses }: ExternalStatus): string[][] {
  const rows = addresses.map(({ address, failure, busy, idle, requests }) => {
    const state = failure === '' ? 'ready' : failure
    return [name, wire, count(queued), address, state, String(busy), String(idle), String(requests)]
  })
  return rows.length > 0 ? rows : [[name, wire, count(queued), '-', 'unknown', '-', '-', '-']]
}

function workerRows({ name, workers }: ApplicationStatus): string[][] {
  return workers.map((worker) => [
    name,
    worker.worker === 0 ? 'http' : String(worker.worker),
    String(worker.pid),
    worker.state,
    worker.forMs === null ? '-' : duration(worker.forMs),
    size(worker.memoryBytes),
    `${count(worker.busy)} of ${worker.slots}`,
    count(worker.requests),
  ])
}

function problemLines({ name, problem }: ApplicationStatus, nowMs: number): string[] {
  if (problem === null) return []
  const when = problem.wallMs === null ? '' : ` (${duration(Math.max(0, nowMs - problem.wallMs))} ago)`
  return [`last problem of ${name}${when}: ${problem.text}`]
}

// A reload: the configuration and the code as they are on disk now take the place of what runs, or nothing does of it that
// fails. Order: read, bind new listeners, start new workers, start a new HTTP process, and only then let go of the old.

import { addressText } from '../backend/external/address.ts'
import { monotonicMs } from '../clock.ts'
import type { Application, Effective } from '../config/effective.ts'
import { failureText } from '../process/worker/start-failure.ts'
import { suggest } from '../schema/suggest.ts'
import { type HttpAccount, httpAccount } from './accounts.ts'
import type { Applications, Renewed } from './applications.ts'
import { embeds, isEmbedded } from './embedding.ts'
import { httpLaunch, type LaunchContext } from './http-launch.ts'
import type { HttpProcesses } from './http-processes.ts'
import type { Listeners, Listening } from './listeners.ts'
import { createLogFiles } from './log-files.ts'
import type { ReloadOutcome } from './reload-queue.ts'
import type { StartProblem } from './start-problem.ts'
import type { SwitchedLog } from './switched-log.ts'

/** The configuration as it stands on disk now; `lines` are its warnings, or everything that is wrong with it. */
export type Reread =
  | { readonly kind: 'ok'; readonly effective: Effective; readonly lines: readonly string[] }
  | { readonly kind: 'bad'; readonly lines: readonly string[] }

/** What a reload works on. */
export interface ReloadParts {
  /** At work now. */
  readonly effective: Effective
  readonly account: Extract<HttpAccount, { kind: 'ok' }>
  readonly applications: Applications
  readonly listeners: Listeners
  readonly log: SwitchedLog
  readonly http: HttpProcesses
  readonly context: LaunchContext
  readonly reread: () => Reread
}

export interface Reloaded {
  readonly outcome: ReloadOutcome
  /** At work from now on; undefined: as before. */
  readonly effective?: Effective
}

/** @param application reloads its code alone */
export function loadAnew(parts: ReloadParts, application: string | undefined): Promise<Reloaded> {
  return application === undefined ? loadAll(parts) : loadOne(parts, application)
}

async function loadOne(parts: ReloadParts, name: string): Promise<Reloaded> {
  const { effective, applications, http, listeners, context } = parts
  const application = effective.applications.find((one) => one.name === name)
  if (application === undefined) return refused([unknown(name, effective)])
  if (isEmbedded(application)) {
    const result = await http.takeOver(httpLaunch(effective, listeners.all, context))
    return result.kind === 'bad' ? refused(wordsOf(result)) : done([`${name}: the new code answers`])
  }
  const renewed = await applications.renewOne(name)
  if (renewed === undefined) return refused([unknown(name, effective)])
  if (renewed.first.kind === 'ready') return done([lineOf(renewed)])
  return refused([lineOf(renewed)], storiesOf([renewed]))
}

async function loadAll(parts: ReloadParts): Promise<Reloaded> {
  const beganMs = monotonicMs()
  const read = parts.reread()
  if (read.kind === 'bad') return stays(read.lines)
  const { effective } = read
  const later = needsRestart(parts, effective)
  if (later !== undefined) return stays([later])
  const bound = await parts.listeners.bind(effective.listen)
  if (bound.kind === 'bad') return stays(wordsOf(bound))
  const renewed = await parts.applications.renew(effective, parts.account)
  const lines = 'kind' in renewed ? wordsOf(renewed) : renewed.map(lineOf)
  const stories = 'kind' in renewed ? [] : storiesOf(renewed)
  const failed = 'kind' in renewed || renewed.some(({ first }) => first.kind !== 'ready')
  const problem = failed ? lines : await takeOver(parts, effective, bound.all)
  if (problem !== undefined) {
    parts.listeners.discard(bound.all)
    await parts.applications.undo()
    return stays(problem, stories)
  }
  const tookMs = Math.round(monotonicMs() - beganMs)
  return { ...done([...read.lines, ...lines, `reloaded in ${tookMs} ms`]), effective }
}

/** Undefined when the configuration is at work. */
async function takeOver(
  { effective: before, applications, listeners, log, http, context }: ReloadParts,
  effective: Effective,
  listening: readonly Listening[],
): Promise<readonly string[] | undefined> {
  createLogFiles(effective)
  let drained = Promise.resolve()
  if (concernsHttp(before) !== concernsHttp(effective) || embeds(effective)) {
    const result = await http.takeOver(httpLaunch(effective, listening, context))
    if (result.kind === 'bad') return wordsOf(result)
    drained = result.drained
  }
  try {
    log.turnTo(effective)
  } catch (error) {
    // The HTTP process could open it: what the supervisor says is in the old place until the next reload.
    log.error('log.failed', { log: 'error' }, error instanceof Error ? error.message : String(error))
  }
  listeners.adopt(listening)
  void applications.settle(effective, drained)
  return undefined
}

/** What an HTTP process runs on: while that is the same, connections stay where they are. */
function concernsHttp(effective: Effective): string {
  const applications = effective.applications.map((application) =>
    isEmbedded(application) ? application : ofDaemon(application),
  )
  return JSON.stringify({ ...effective, applications, services: [] })
}

function ofDaemon({ name, mode, processes, processes_min, threads, limits, stream_input }: Application) {
  return { name, mode, processes, processes_min, threads, limits, stream_input }
}

/** What is settled when a server starts. */
function needsRestart({ effective: before, account }: ReloadParts, effective: Effective): string | undefined {
  const again = httpAccount(effective)
  if (again.kind === 'bad') return `${again.message}. ${again.hint}`
  const changed =
    effective.runtime !== before.runtime
      ? '"runtime" has changed'
      : effective.user !== before.user || effective.group !== before.group
        ? '"user" or "group" has changed'
        : again.shared !== account.shared
          ? 'the first application with a user of its own has come, or the last one has gone'
          : undefined
  return changed === undefined
    ? undefined
    : `Cannot reload: ${changed}. That takes a restart: portico stop, then portico serve`
}

function lineOf({ application, isNew, first, answers }: Renewed): string {
  if (first.kind === 'ready') return `${application}: ${isNew ? 'started' : 'the new code answers'}`
  // Why it failed stands in its story.
  const why = first.kind === 'failed' ? '' : ', the server being stopped'
  const old = answers ? 'the new code fails, the old code keeps answering' : 'it does not start'
  return `${application}: ${old}${why}`
}

function storiesOf(renewed: readonly Renewed[]): string[] {
  return renewed.flatMap(({ first }) => (first.kind === 'failed' ? [failureText(first.failure)] : []))
}

function unknown(name: string, { applications, externals }: Effective): string {
  const external = externals.find((one) => one.name === name)
  if (external !== undefined) {
    const where = external.addresses.map(addressText).join(', ')
    return `"${name}" is at ${where} and was not started here: whoever keeps it there reloads it`
  }
  const names = applications.map((one) => one.name)
  const near = suggest(name, new Set(names))
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`
  const known = names.length === 0 ? 'There are none' : `Applications are ${names.join(', ')}`
  return `There is no application "${name}".${meant} ${known}`
}

function wordsOf({ message, hint }: StartProblem): string[] {
  return hint === '' ? [message] : [message, `  ${hint}`]
}

function done(lines: readonly string[]): Reloaded {
  return { outcome: { kind: 'done', lines, stories: [] } }
}

function refused(lines: readonly string[], stories: readonly string[] = []): Reloaded {
  return { outcome: { kind: 'refused', lines, stories } }
}

function stays(lines: readonly string[], stories?: readonly string[]): Reloaded {
  return refused([...lines, 'The configuration stays as it was'], stories)
}

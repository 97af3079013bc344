// `portico serve`: finds the configuration, starts the supervisor, prints what runs, and stays until it is stopped.

import { monotonicMs } from '../clock.ts'
import type { Effective } from '../config/effective.ts'
import { load } from '../config/load.ts'
import { readSurroundings } from '../config/surroundings.ts'
import { keepDescriptorsFromChildren } from '../process/system/descriptors.ts'
import { reapOrphans } from '../process/system/orphans.ts'
import { watchSignals } from '../process/system/signals.ts'
import { failureText } from '../process/worker/start-failure.ts'
import { formatProblem } from '../schema/problem.ts'
import type { FirstStarts } from '../server/applications.ts'
import { embeds, isEmbedded, withoutEmbedding } from '../server/embedding.ts'
import { withLaunchers } from '../server/launching.ts'
import { logHint } from '../server/open-logs.ts'
import type { Reread } from '../server/reload.ts'
import { Supervisor, type SupervisorOptions } from '../server/supervise.ts'
import { printRefusal } from './check.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { type Output, printProblems } from './print.ts'
import { startTable } from './start-table.ts'
import { findConfiguration } from './what.ts'

export interface ServeOptions {
  readonly what?: string | undefined
  readonly config?: string | undefined
  readonly listen?: readonly string[] | undefined
  readonly mode?: string | undefined
  readonly processes?: string | undefined
  readonly threads?: string | undefined
  /** Development: applications follow their code. */
  readonly reload?: boolean | undefined
}

/** Resolves when the server has stopped. */
export async function serve(options: ServeOptions, output: Output): Promise<ExitCode> {
  const startedMs = monotonicMs()
  const surroundings = readSurroundings()
  const found = await findConfiguration({
    what: options.what,
    config: options.config,
    cwd: surroundings.cwd,
    environment: surroundings.environment,
  })
  if (found.kind === 'bad') {
    printRefusal(found, output)
    return found.exit
  }
  for (const step of found.steps) output.note(step)
  const { listen, mode, processes, threads } = options
  const read = () => load(found.input, { listen, mode, processes, threads }, surroundings)
  const loaded = read()
  if (loaded.kind === 'bad') {
    printProblems(loaded.problems, output)
    const errors = loaded.problems.filter(({ severity }) => severity === 'error')
    return errors.every(({ file }) => file.startsWith('--')) ? exitCodes.usage : exitCodes.configuration
  }
  printProblems(loaded.warnings, output)
  const reload = options.reload === true
  // Code that changes all the time needs workers to replace, not a server.
  const plain = (effective: Effective): Effective =>
    withLaunchers(reload ? withoutEmbedding(effective) : effective)
  if (reload && embeds(loaded.effective)) output.note('--reload runs embedded applications in daemon mode')
  const reread = (): Reread => {
    const again = read()
    if (again.kind === 'bad') return { kind: 'bad', lines: again.problems.map(formatProblem) }
    return { kind: 'ok', effective: plain(again.effective), lines: again.warnings.map(formatProblem) }
  }
  const say = (line: string): void => output.note(line)
  return run(plain(loaded.effective), { reload, reread, say }, startedMs, output)
}

async function run(
  effective: Effective,
  options: SupervisorOptions,
  startedMs: number,
  output: Output,
): Promise<ExitCode> {
  const supervisor = superviseOrSay(effective, options, output)
  if (supervisor === undefined) return exitCodes.failed
  const stopped = new Promise<void>((resolve) => {
    const sink = {
      finish: () => void supervisor.stop('finish').then(resolve),
      abort: () => void supervisor.stop('now').then(resolve),
      reload: () => void supervisor.reload('SIGHUP'),
      reopen: () => supervisor.reopenLogs(),
    }
    void supervisor.ended.then(resolve)
    // Until the process has ended: a late signal must not turn a clean end into a death by that signal.
    watchSignals(sink, monotonicMs)
  })
  keepDescriptorsFromChildren()
  reapOrphans({ log: supervisor.log })
  const problem = await Promise.race([supervisor.start(), stopped])
  if (supervisor.stopping) {
    await stopped
    return exitCodes.done
  }
  if (problem !== undefined) {
    output.note(output.paint('red', problem.message))
    if (problem.hint !== '') output.note(`  ${problem.hint}`)
    await supervisor.stop('now')
    return exitCodes.failed
  }
  const firstStarts = await Promise.race([supervisor.firstStarts(), stopped])
  if (firstStarts?.every(({ first }) => first.kind !== 'stopped'))
    announce(
      effective,
      { supervisor, firstStarts, reload: options.reload },
      monotonicMs() - startedMs,
      output,
    )
  await stopped
  return exitCodes.done
}

function superviseOrSay(
  effective: Effective,
  options: SupervisorOptions,
  output: Output,
): Supervisor | undefined {
  try {
    return new Supervisor(effective, options)
  } catch (error) {
    output.note(output.paint('red', error instanceof Error ? error.message : String(error)))
    output.note(`  ${logHint}`)
    return undefined
  }
}

/** What becomes of an application that failed to start. */
function whatNow(effective: Effective, application: string, reload: boolean): string {
  if (reload) return 'Its pages show why; it is tried again when a file changes.'
  const embedded = effective.applications.some((one) => one.name === application && isEmbedded(one))
  return embedded
    ? 'Its mounts answer 500 until the server is started again.'
    : 'Its mounts answer 503 until it starts; the next tries come by themselves.'
}

interface Started {
  readonly supervisor: Supervisor
  readonly firstStarts: readonly FirstStarts[]
  readonly reload: boolean
}

function announce(
  effective: Effective,
  { supervisor, firstStarts, reload }: Started,
  tookMs: number,
  output: Output,
): void {
  for (const line of startTable(effective, supervisor.addresses, reload)) output.note(line)
  for (const { application, first } of firstStarts) {
    if (first.kind !== 'failed') continue
    // With an error log on the terminal the whole story stands there already.
    const text = effective.log.error === '-' ? first.failure.message : failureText(first.failure)
    output.note(output.paint('red', `failed   ${application}: ${text}`))
    output.note(`         ${whatNow(effective, application, reload)}`)
  }
  if (embeds(effective)) {
    output.note(
      'note     embedded: no process and no copy of the code more, but a crash or a leak in the application is one of the',
    )
    output.note('         HTTP process, which is then replaced, and pure Python shares its interpreter lock')
  }
  if (process.getuid?.() === 0 && effective.user === null) {
    const asRoot = [...effective.applications, ...effective.services].filter(({ user }) => user === null)
    const who = ['the HTTP process', ...asRoot.map(({ name }) => name)].join(', ')
    output.note(`note     as root: ${who}; for a server that others reach, name a user with "user:"`)
  }
  // On a terminal the table says it; a log file must say it, too.
  if (effective.log.error !== '-') {
    const listen = supervisor.addresses.join(' ')
    supervisor.log.info('server.ready', { pid: process.pid, listen, tookMs: Math.round(tookMs) })
  }
  output.note(`ready    ${supervisor.addresses.join('  ')}   in ${Math.round(tookMs)} ms`)
}

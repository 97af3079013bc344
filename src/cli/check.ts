// `portico check [CONFIG]`: validates a configuration without serving it, and asks its interpreters what they are.
// With --print the effective configuration goes to stdout, each value with its origin; with --json what a program may
// read; with --load the applications are imported as a worker would.

import type { Effective } from '../config/effective.ts'
import type { Loaded } from '../config/load.ts'
import { load } from '../config/load.ts'
import { printEffective } from '../config/print.ts'
import { shorten } from '../config/source.ts'
import type { Surroundings } from '../config/surroundings.ts'
import { readSurroundings } from '../config/surroundings.ts'
import type { ApplicationsChecked } from './check-applications.ts'
import { checkApplications } from './check-applications.ts'
import type { ExitCode } from './exit-codes.ts'
import { exitCodes } from './exit-codes.ts'
import type { Output } from './print.ts'
import { printable, printableJson, printProblems } from './print.ts'
import { findConfiguration } from './what.ts'

export interface CheckOptions {
  /** A file or directory; nothing is this directory. */
  readonly config?: string | undefined
  readonly print?: boolean | undefined
  readonly json?: boolean | undefined
  /** Import the applications as well, which runs their code. */
  readonly load?: boolean | undefined
}

export async function check(
  options: CheckOptions,
  output: Output,
  surroundings: Surroundings = readSurroundings(),
): Promise<ExitCode> {
  const { cwd, environment } = surroundings
  const found = await findConfiguration({ what: options.config, cwd, environment })
  if (found.kind === 'bad') {
    if (options.json === true)
      output.data(printableJson({ ok: false, problems: [{ message: found.message, hint: found.hint }] }))
    else printRefusal(found, output)
    return found.exit
  }
  for (const step of found.steps) output.note(step)
  const loaded = load(found.input, {}, surroundings)
  const checked =
    loaded.kind === 'ok' ? await checkApplications(loaded, options.load === true, output) : nothingChecked
  const name = found.input.kind === 'file' ? shorten(found.input.path, cwd) : 'the detected configuration'
  if (options.json === true) output.data(toJson(loaded, checked, options))
  else if (loaded.kind === 'bad') printProblems(loaded.problems, output)
  else {
    for (const { traceback } of checked.problems) if (traceback !== '') output.note(traceback)
    printProblems([...loaded.warnings, ...checked.problems], output)
    if (options.print === true) output.data(printEffective(loaded.effective, loaded.provenance))
    else if (isFine(checked)) output.data(`${printable(name)} is valid: ${summary(loaded.effective)}`)
    for (const { application, tookMs } of checked.loaded)
      output.data(`${application} can be loaded: it took ${tookMs} ms`)
  }
  return exitOf(loaded, checked)
}

const nothingChecked: ApplicationsChecked = { problems: [], loaded: [], interrupted: false }

function exitOf(loaded: Loaded, checked: ApplicationsChecked): ExitCode {
  if (loaded.kind === 'bad' || errorsOf(checked).some(({ stage }) => stage === 'interpreter'))
    return exitCodes.configuration
  return isFine(checked) ? exitCodes.done : exitCodes.failed
}

function isFine(checked: ApplicationsChecked): boolean {
  return errorsOf(checked).length === 0 && !checked.interrupted
}

function errorsOf({ problems }: ApplicationsChecked) {
  return problems.filter(({ severity }) => severity === 'error')
}

/** Why there is no configuration, on stderr. */
export function printRefusal(
  refusal: { readonly message: string; readonly hint: string; readonly details: string },
  output: Output,
): void {
  if (refusal.details !== '') output.note(refusal.details)
  output.note(output.paint('red', refusal.message))
  if (refusal.hint !== '') output.note(`  ${refusal.hint}`)
}

/** "1 listener, 2 applications, 3 mounts, 1 named site". */
export function summary({ listen, applications, services, sites }: Effective): string {
  const mounts = sites.reduce((count, site) => count + site.mounts.length, 0)
  const parts = [
    counted(listen.length, 'listener'),
    counted(applications.length, 'application'),
    counted(mounts, 'mount'),
    ...(services.length > 0 ? [counted(services.length, 'service')] : []),
  ]
  return [...parts, ...(sites.length > 1 ? [counted(sites.length - 1, 'named site')] : [])].join(', ')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function toJson(loaded: Loaded, checked: ApplicationsChecked, { print, load }: CheckOptions): string {
  if (loaded.kind === 'bad') return printableJson({ ok: false, problems: loaded.problems })
  const { effective, provenance, warnings } = loaded
  const answer = {
    ok: isFine(checked),
    problems: [...warnings, ...checked.problems],
    ...(load === true ? { loaded: checked.loaded } : {}),
    ...(print === true ? { effective, provenance } : {}),
  }
  return printableJson(answer)
}

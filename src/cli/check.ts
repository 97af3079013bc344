// `portico check [CONFIG]`: validates a configuration without starting anything. With --print the effective
// configuration goes to stdout, each value with its origin; with --json what a program may read.

import type { Effective } from '../config/effective.ts'
import type { Loaded } from '../config/load.ts'
import { load } from '../config/load.ts'
import { printEffective } from '../config/print.ts'
import { shorten } from '../config/source.ts'
import type { Surroundings } from '../config/surroundings.ts'
import { readSurroundings } from '../config/surroundings.ts'
import type { ExitCode } from './exit-codes.ts'
import { exitCodes } from './exit-codes.ts'
import type { Output } from './print.ts'
import { printable, printProblems } from './print.ts'
import { findConfiguration } from './what.ts'

export interface CheckOptions {
  /** A file or directory; nothing is this directory. */
  readonly config?: string | undefined
  readonly print?: boolean | undefined
  readonly json?: boolean | undefined
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
      output.data(
        JSON.stringify({ ok: false, problems: [{ message: found.message, hint: found.hint }] }, null, 2),
      )
    else printRefusal(found, output)
    return found.exit
  }
  for (const step of found.steps) output.note(step)
  const loaded = load(found.input, {}, surroundings)
  const name = found.input.kind === 'file' ? shorten(found.input.path, cwd) : 'the detected configuration'
  if (options.json === true) output.data(toJson(loaded, options.print === true))
  else if (loaded.kind === 'bad') printProblems(loaded.problems, output)
  else {
    printProblems(loaded.warnings, output)
    if (options.print === true) output.data(printEffective(loaded.effective, loaded.provenance))
    else output.data(`${printable(name)} is valid: ${summary(loaded.effective)}`)
  }
  return loaded.kind === 'ok' ? exitCodes.done : exitCodes.configuration
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
export function summary({ listen, applications, sites }: Effective): string {
  const mounts = sites.reduce((count, site) => count + site.mounts.length, 0)
  const parts = [
    counted(listen.length, 'listener'),
    counted(applications.length, 'application'),
    counted(mounts, 'mount'),
  ]
  return [...parts, ...(sites.length > 1 ? [counted(sites.length - 1, 'named site')] : [])].join(', ')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function toJson(loaded: Loaded, print: boolean): string {
  if (loaded.kind === 'bad') return JSON.stringify({ ok: false, problems: loaded.problems }, null, 2)
  const { effective, provenance, warnings } = loaded
  return JSON.stringify(
    { ok: true, problems: warnings, ...(print ? { effective, provenance } : {}) },
    null,
    2,
  )
}

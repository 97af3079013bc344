// A program that is started and kept: its path, directory, user and environment, with defaults and checks on disk.

import type { Identity } from '../process/identity/identity.ts'
import { blockedAt } from '../process/identity/reach.ts'
import { findProgram, pathOf } from '../process/service/program.ts'
import { type Account, resolveAccount } from './account.ts'
import { resolveDirectory } from './directory.ts'
import { resolveEnvironment } from './environment.ts'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'
import { didYouMean } from './on-disk.ts'
import type { Surroundings } from './surroundings.ts'

/** What a program takes from the rest of the configuration. */
export interface CommandContext {
  /** The server's. */
  readonly account: Account
  readonly surroundings: Surroundings
  readonly findings: Findings
}

interface WrittenCommand {
  readonly command: readonly string[]
  readonly directory?: string | null | undefined
  readonly user?: string | null | undefined
  readonly group?: string | null | undefined
  readonly environment?: Readonly<Record<string, string>> | null | undefined
  readonly environment_file?: string | null | undefined
}

interface Command {
  readonly command: readonly string[]
  readonly directory: string
  readonly user: string | null
  readonly group: string | null
  readonly environment: Readonly<Record<string, string>>
  readonly environment_file: string | null
}

export function resolveCommand(
  whose: 'application' | 'service',
  written: WrittenCommand,
  place: Place,
  context: CommandContext,
): Command {
  const { findings, surroundings } = context
  const { directory, exists } = resolveDirectory(written, whose, place, findings)
  const { user, group, identity } = resolveAccount(written, context.account, place, surroundings, findings)
  if (exists) checkEnter(directory, identity, within(place, 'directory'), findings)
  const { environment, environment_file } = resolveEnvironment(written, place, context)
  const [first = '', ...args] = findings.pick(written.command, [''], within(place, 'command'))
  // Of a directory that is not there one problem is enough.
  const program =
    exists || !first.includes('/')
      ? resolveProgram(first, { directory, environment, identity }, place, context)
      : first
  return { command: [program, ...args], directory, user, group, environment, environment_file }
}

function checkEnter(directory: string, identity: Identity | null, place: Place, findings: Findings): void {
  const blocked = blockedAt(identity, [{ path: directory, to: 'run' }])
  if (identity === null || blocked === undefined) return
  const message = `the user "${identity.name}" may not enter "${directory}": "${blocked}" is in the way`
  findings.error(place, message, 'Change its permissions, or name another user')
}

interface Where {
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly identity: Identity | null
}

function resolveProgram(
  written: string,
  { directory, environment, identity }: Where,
  place: Place,
  { findings, surroundings }: CommandContext,
): string {
  const path = pathOf(environment, surroundings.environment)
  const found = findProgram(written, directory, path, identity)
  if (found.kind === 'ok') return found.path
  const near = found.path === undefined ? '' : didYouMean(found.path, written)
  findings.error(within(place, 'command', 0), found.message, `${near}${found.hint}`)
  return ''
}

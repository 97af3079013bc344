// One service: its program, directory, user and environment, with defaults and checks on disk.

import type { Identity } from '../process/identity/identity.ts'
import { blockedAt } from '../process/identity/reach.ts'
import { findProgram, pathOf } from '../process/service/program.ts'
import { type Account, resolveAccount } from './account.ts'
import { defaultService } from './defaults.ts'
import { resolveDirectory } from './directory.ts'
import type { Service } from './effective.ts'
import { resolveEnvironment } from './environment.ts'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'
import { didYouMean } from './on-disk.ts'
import type { WrittenService } from './service-schema.ts'
import type { Surroundings } from './surroundings.ts'

/** What a service takes from the rest of the configuration. */
interface ServiceContext {
  /** The server's. */
  readonly account: Account
  readonly surroundings: Surroundings
  readonly findings: Findings
}

export function resolveService(
  name: string,
  written: WrittenService,
  place: Place,
  context: ServiceContext,
): Service {
  const { findings, surroundings } = context
  const { directory, exists } = resolveDirectory(written, 'service', place, findings)
  const { user, group, identity } = resolveAccount(written, context.account, place, surroundings, findings)
  if (exists) checkEnter(directory, identity, within(place, 'directory'), findings)
  const { environment, environment_file } = resolveEnvironment(written, place, context)
  const [first = '', ...args] = findings.pick(written.command, [''], within(place, 'command'))
  // Of a directory that is not there one problem is enough.
  const program =
    exists || !first.includes('/')
      ? resolveProgram(first, { directory, environment, identity }, place, context)
      : first
  const limits = findings.settle(defaultService, written, place)
  return {
    name,
    command: [program, ...args],
    directory,
    user,
    group,
    environment,
    environment_file,
    ...limits,
  }
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
  { findings, surroundings }: ServiceContext,
): string {
  const path = pathOf(environment, surroundings.environment)
  const found = findProgram(written, directory, path, identity)
  if (found.kind === 'ok') return found.path
  const near = found.path === undefined ? '' : didYouMean(found.path, written)
  findings.error(within(place, 'command', 0), found.message, `${near}${found.hint}`)
  return ''
}

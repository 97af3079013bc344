// One application: its directory, interpreter, environment and limits, with defaults and checks on disk.

import { resolve } from 'node:path'
import type { Identity } from '../process/identity/identity.ts'
import { brokenVenvs, findPythons, namedPython } from '../process/python/python.ts'
import { maxSocketPathBytes } from '../schema/address.ts'
import { type Account, resolveAccount } from './account.ts'
import { defaultApplicationLimits, defaultThreads, mostDefaultProcesses } from './defaults.ts'
import { resolveDirectory } from './directory.ts'
import type { Application } from './effective.ts'
import { type EmbeddedSharing, resolveMode } from './embedded.ts'
import { resolveEnvironment } from './environment.ts'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'
import { didYouMean, notFile } from './on-disk.ts'
import type { CheckedOverrides } from './overrides.ts'
import { socketPathExcess } from './runtime.ts'
import type { WrittenApplication } from './schema.ts'
import type { Surroundings } from './surroundings.ts'
import { parseWsgiName } from './wsgi-name.ts'

/** What an application takes from the rest of the configuration. */
export interface ApplicationContext {
  readonly runtime: string
  /** The server's. */
  readonly account: Account
  readonly overrides: CheckedOverrides
  readonly surroundings: Surroundings
  readonly findings: Findings
  readonly embedded: EmbeddedSharing
}

export function resolveApplication(
  name: string,
  written: WrittenApplication,
  place: Place,
  context: ApplicationContext,
): Application {
  const { findings, overrides, surroundings } = context
  const { directory, exists } = resolveDirectory(written, 'application', place, findings)
  checkWsgi(written.wsgi, directory, exists, place, findings)
  checkSocketPath(name, place, context)
  const cores = Math.max(1, Math.min(surroundings.cores, mostDefaultProcesses))
  const { min, max } = resolveProcesses(written.processes, cores, overrides.processes, place, findings)
  const { user, group, identity } = resolveAccount(written, context.account, place, surroundings, findings)
  const python = resolvePython(written.python, directory, identity, place, context)
  const mode = flagOr(overrides.mode, 'mode', findings, place, () =>
    findings.pick(written.mode, 'daemon', within(place, 'mode')),
  )
  const application: Application = {
    name,
    wsgi: findings.pick(written.wsgi, '', within(place, 'wsgi')),
    directory,
    python,
    ...resolveMode(mode, python, place, findings, () => surroundings.libpython(python, identity)),
    processes: max,
    processes_min: min,
    threads: flagOr(overrides.threads, 'threads', findings, place, () =>
      findings.pick(written.threads, defaultThreads, within(place, 'threads')),
    ),
    preload: findings.pick(written.preload, false, within(place, 'preload')),
    user,
    group,
    ...resolveEnvironment(written, place, context),
    health: healthOf(findings.pick(written.health, null, within(place, 'health'))),
    stream_input: findings.pick(written.stream_input, false, within(place, 'stream_input')),
    launcher: null,
    program: null,
    limits: findings.settle(defaultApplicationLimits, written.limits, within(place, 'limits')),
  }
  const processesWritten = (overrides.processes ?? written.processes ?? undefined) !== undefined
  return context.embedded.admit(application, place, { processesWritten, auto: mode === 'auto' })
}

/** Where it is mounted is not known yet. */
function healthOf(path: string | null): Application['health'] {
  return path === null ? null : { path, script_name: '', host: 'localhost' }
}

/** A number is both ends of a range. */
function resolveProcesses(
  written: WrittenApplication['processes'],
  otherwise: number,
  flag: number | undefined,
  place: Place,
  findings: Findings,
): { readonly min: number; readonly max: number } {
  const at = within(place, 'processes')
  if (typeof written !== 'object' || written === null || flag !== undefined) {
    const count = flagOr(flag, 'processes', findings, place, () => findings.pick(written, otherwise, at))
    return { min: Number(count), max: Number(count) }
  }
  findings.note(at)
  if (written.min > written.max)
    findings.error(
      within(at, 'min'),
      `"min" is ${written.min}, but "max" is ${written.max}`,
      'Write the smaller one as "min"',
    )
  return written
}

function flagOr<T>(
  flag: T | undefined,
  name: string,
  findings: Findings,
  place: Place,
  otherwise: () => T,
): T {
  if (flag === undefined) return otherwise()
  findings.note(within(place, name), `flag --${name}`)
  return flag
}

function checkWsgi(
  written: string,
  directory: string,
  hasDirectory: boolean,
  place: Place,
  findings: Findings,
): void {
  const parsed = parseWsgiName(written)
  if (parsed.kind === 'bad') findings.error(within(place, 'wsgi'), parsed.why, parsed.hint)
  if (parsed.kind !== 'file' || !hasDirectory) return
  const wrong = notFile(resolve(directory, parsed.path))
  if (wrong === undefined) return
  const isModule = parsed.path === written && !written.includes('/') && written.endsWith('.wsgi')
  const near = didYouMean(resolve(directory, parsed.path), parsed.path)
  const hint = isModule
    ? `For a module name the callable as well: ${written}:application`
    : `${near}The path starts in the directory of the application`
  findings.error(within(place, 'wsgi'), wrong, hint)
}

export function checkSocketPath(name: string, place: Place, { runtime, findings }: ApplicationContext): void {
  const excess = socketPathExcess(runtime, name)
  if (excess === 0) return
  findings.error(
    place,
    `the sockets of "${name}" below "${runtime}" have a path that is ${excess} octets too long (${maxSocketPathBytes} fit)`,
    'Give a shorter "runtime" directory, or the application a shorter name',
    'key',
  )
}

/** The interpreter that "python" names; '' when it is none, which is said. */
export function writtenPython(
  written: string,
  identity: Identity | null,
  place: Place,
  { surroundings, findings }: ApplicationContext,
): string {
  const at = within(place, 'python')
  findings.note(at)
  const named = namedPython(written, findings.directory(place), surroundings.environment, identity)
  if (named.kind === 'ok') return named.path
  findings.error(at, named.why, named.hint)
  return ''
}

function resolvePython(
  written: string | null | undefined,
  directory: string,
  identity: Identity | null,
  place: Place,
  context: ApplicationContext,
): string {
  const { surroundings, findings } = context
  if (written !== null && written !== undefined) return writtenPython(written, identity, place, context)
  findings.note(within(place, 'python'), 'detected')
  const found = findPythons(directory, surroundings.environment, identity)[0]
  for (const { why, hint } of brokenVenvs(directory)) {
    const instead = found === undefined ? '' : `; "${found}" is used instead`
    findings.warning(place, `${why}${instead}`, hint, 'key')
  }
  if (found !== undefined) return found
  const looked = '.venv and venv in the directory, $VIRTUAL_ENV, python3 on PATH'
  findings.error(
    place,
    `no Python interpreter found for "${String(place.setting.at(-1))}"`,
    `Looked for ${looked}; name one with "python"`,
    'key',
  )
  return ''
}

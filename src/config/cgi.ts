// Mounts of CGI scripts: where they lie, and what starts them, which is an application of a kind of its own: one process that
// is supervised like a worker, with a slot for every script at once.

import { type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Identity } from '../process/identity/identity.ts'
import { isNamedTooOld } from '../process/python/named-version.ts'
import { findPythons } from '../process/python/python.ts'
import { resolveAccount } from './account.ts'
import { type ApplicationContext, checkSocketPath, writtenPython } from './application.ts'
import type { WrittenLauncher } from './cgi-schema.ts'
import { defaultApplicationLimits, defaultConcurrency, defaultScriptLimits } from './defaults.ts'
import type { Application, CgiTarget } from './effective.ts'
import { resolveEnvironment } from './environment.ts'
import { type Place, within } from './findings.ts'
import { didYouMean, notDirectory } from './on-disk.ts'
import type { WrittenTarget } from './schema.ts'

type WrittenCgi = Extract<WrittenTarget, { cgi: string }>

export interface ResolvedCgi {
  readonly target: CgiTarget
  readonly application: Application
}

/** @param name of what starts the scripts */
export function resolveCgi(
  written: WrittenCgi,
  name: string,
  place: Place,
  context: ApplicationContext,
): ResolvedCgi {
  const { findings } = context
  const path = resolve(findings.directory(place), written.cgi)
  const at = within(place, 'cgi')
  findings.note(at)
  const found = look(path)
  const is = found?.isFile() === true ? 'script' : 'directory'
  const wrong = is === 'script' ? undefined : notDirectory(path)
  if (wrong !== undefined)
    findings.error(at, wrong, `${didYouMean(path, written.cgi)}Name a directory of scripts, or a script`)
  else if (is === 'directory') findings.need(at, path, 'run')
  else if (((found?.mode ?? 0) & 0o111) === 0)
    findings.error(at, `"${path}" is not executable`, `Make it so: chmod +x ${written.cgi}`)
  const scripts = findings.pick(written.scripts, [], within(place, 'scripts'))
  const index = findings.pick(written.index, [], within(place, 'index'))
  const symlinks = findings.pick(written.symlinks, 'inside', within(place, 'symlinks'))
  const directory = written.directory ?? null
  const working = directory === null ? null : resolve(findings.directory(place), directory)
  if (working !== null) {
    findings.note(within(place, 'directory'))
    const missing = notDirectory(working)
    if (missing !== undefined) findings.error(within(place, 'directory'), missing, 'Correct "directory"')
  }
  const roots = is === 'script' || symlinks === 'any' ? null : [path]
  const application = resolveLauncher(written, { name, roots, directory: working }, place, context)
  return { target: { kind: 'cgi', path, is, scripts, index, symlinks, application: name }, application }
}

/** Undefined also for what cannot be there, such as a path below a file. */
function look(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

interface Where {
  readonly name: string
  /** Where scripts have to lie; null: anywhere. */
  readonly roots: readonly string[] | null
  /** Working directory; null: that of each script. */
  readonly directory: string | null
}

/** What starts scripts. */
export function resolveLauncher(
  written: WrittenLauncher,
  { name, roots, directory }: Where,
  place: Place,
  context: ApplicationContext,
): Application {
  const { findings, surroundings } = context
  checkSocketPath(name, place, context)
  const { user, group, identity } = resolveAccount(written, context.account, place, surroundings, findings)
  const limitsAt = within(place, 'limits')
  for (const key of resourceKeys) if (written.limits?.[key] != null) findings.note(within(limitsAt, key))
  const { head_time, time, ...limits } = findings.settle(defaultScriptLimits, written.limits, limitsAt)
  return {
    name,
    wsgi: '',
    directory: directory ?? '/',
    python: launcherPython(written, identity, place, context),
    mode: 'cgi',
    libpython: null,
    processes: 1,
    processes_min: 1,
    threads: findings.pick(written.concurrency, defaultConcurrency, within(place, 'concurrency')),
    preload: false,
    user,
    group,
    ...resolveEnvironment(written, place, context),
    health: null,
    stream_input: false,
    launcher: {
      command: null,
      directory,
      roots,
      warm: findings.pick(written.warm, 'auto', within(place, 'warm')),
      preload: findings.pick(written.preload, null, within(place, 'preload')),
      time,
      rlimits: resourceLimits(written.limits),
    },
    program: null,
    limits: { ...defaultApplicationLimits, ...limits, request_time: head_time, drain_time: head_time },
  }
}

const resourceKeys = ['cpu', 'memory', 'descriptors', 'processes', 'file_size'] as const

/** In the words of the launcher and the units of setrlimit(2): seconds, octets, numbers. 0 is off. */
function resourceLimits(limits: WrittenLauncher['limits']): Readonly<Record<string, number>> {
  const set = resourceKeys.flatMap((key) => {
    const value = limits?.[key]
    if (value == null || value === 0) return []
    const inUnits = key === 'cpu' ? Math.ceil(value / 1000) : value
    return [[key === 'descriptors' ? 'files' : key, inUnits] as const]
  })
  return Object.fromEntries(set)
}

/**
 * The interpreter that the launcher runs on; '' when there is none, which is the other launcher then. Those of scripts are named
 * by their first lines.
 */
function launcherPython(
  { python, warm }: WrittenLauncher,
  identity: Identity | null,
  place: Place,
  context: ApplicationContext,
): string {
  const { surroundings, findings } = context
  const at = within(place, 'python')
  if (python != null) return writtenPython(python, identity, place, context)
  findings.note(at, 'detected')
  const pythons = findPythons('/', surroundings.environment, identity)
  const found = pythons.find((one) => !isNamedTooOld(one))
  if (found !== undefined) return found
  if (warm === true) {
    const why = 'scripts cannot be warm: a program in Python forks them, and no Python 3.8 or newer was found'
    const hint = 'Install python3 or name it with "python"; with warm: auto scripts are executed'
    findings.error(within(place, 'warm'), why, hint)
  }
  return ''
}

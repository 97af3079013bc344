// From what is written to the effective configuration: defaults, absolute paths, references between settings,
// and the checks on disk. Every setting leaves a note of its origin; every problem its position.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { resolveAccount } from './account.ts'
import { resolveApplication } from './application.ts'
import { warnOfClosed } from './closed.ts'
import { defaultServerLimits, defaultSpool } from './defaults.ts'
import type { Application, Effective, Site } from './effective.ts'
import { EmbeddedSharing } from './embedded.ts'
import type { Findings, Place } from './findings.ts'
import { placeOf, within } from './findings.ts'
import { resolveListen } from './listen.ts'
import { resolveLog } from './log.ts'
import { resolveSites } from './mounts.ts'
import { notDirectory } from './on-disk.ts'
import type { Overrides } from './overrides.ts'
import { checkOverrides } from './overrides.ts'
import { ownFiles, warnOfCode } from './own-files.ts'
import { checkProxyProtocol, resolveProxies } from './proxies.ts'
import { defaultRuntime } from './runtime.ts'
import { resolveService } from './service.ts'
import type { Source } from './source.ts'
import type { Surroundings } from './surroundings.ts'
import type { TargetContext } from './target.ts'
import type { Written } from './written.ts'

export function resolveEffective(
  source: Source,
  written: Written,
  overrides: Overrides,
  surroundings: Surroundings,
  findings: Findings,
): Effective {
  const file = written.file ?? {}
  const raw = source.value
  const { directory, origin } = source
  const checked = checkOverrides(overrides, findings)
  const isList = Array.isArray(member(raw, 'listen'))
  const listen = resolveListen(
    { written: file.listen, flags: checked.listen, directory, surroundings, isList },
    findings,
  )
  const account = resolveAccount(file, null, placeOf(), surroundings, findings)
  const { user, group } = account
  const runtime = resolve(
    directory,
    findings.pick(file.runtime, defaultRuntime(origin, surroundings), placeOf('runtime')),
  )
  const named = member(raw, 'applications')
  const context: TargetContext = {
    runtime,
    account,
    overrides: checked,
    surroundings,
    findings,
    embedded: new EmbeddedSharing(findings, user, group),
    names: new Set(Object.keys(Array.isArray(named) ? {} : (named ?? {}))),
    incomplete: written.unread === true || Array.isArray(named),
    partial: written.partial,
    used: new Set(),
    unknown: new Set(),
    inPlace: [],
    externals: [],
  }
  const applications = Object.entries(file.applications ?? {}).map(([name, application]) =>
    resolveApplication(name, application, placeOf('applications', name), context),
  )
  const services = Object.entries(file.services ?? {}).map(([name, service]) =>
    resolveService(name, service, placeOf('services', name), context),
  )
  const log = resolveLog(file.log, findings)
  const sites = resolveSites(file, raw, log, context)
  const proxies = resolveProxies(file.trusted_proxies, raw, findings)
  if (!written.partial) {
    checkMounted(file, context)
    checkProxyProtocol(listen, proxies, isList, findings)
  }
  const whole = {
    origin,
    listen,
    runtime,
    user,
    group,
    log,
    trusted_proxies: proxies,
    limits: findings.settle(defaultServerLimits, file.limits, placeOf('limits')),
    spool: resolveSpool(file.spool, directory, surroundings, findings),
    applications: [...applications, ...context.inPlace].map((application) => placeHealth(application, sites)),
    externals: context.externals,
    services,
    sites,
  }
  warnOfClosed(account.identity, findings)
  if (!written.partial) warnOfCode(whole.sites, whole.applications, findings)
  return { ...whole, own_files: ownFiles(source.files, whole) }
}

/** The request for health looks as one of a client would: to the first mount of the application, for a host of its site. */
function placeHealth(application: Application, sites: readonly Site[]): Application {
  const { health, name } = application
  if (health === null) return application
  for (const { hosts, mounts } of sites) {
    const mount = mounts.find(({ targets }) =>
      targets.some((target) => target.kind === 'application' && target.application === name),
    )
    if (mount === undefined) continue
    const host = hosts.find((one) => !one.startsWith('*.')) ?? 'localhost'
    return {
      ...application,
      health: { ...health, script_name: mount.prefix === '/' ? '' : mount.prefix, host },
    }
  }
  return application
}

function checkMounted(
  file: { readonly mounts?: unknown; readonly sites?: unknown },
  context: TargetContext,
): void {
  const { findings, names, used } = context
  const top: Place = placeOf()
  const empty = (value: unknown) => value === undefined || value === null || Object.keys(value).length === 0
  if (empty(file.mounts) && empty(file.sites)) {
    const first = [...names][0]
    const hint = first === undefined ? 'mounts: { /: { files: public } }' : `mounts: { /: ${first} }`
    findings.error(
      top,
      'nothing is mounted: every request would be answered with 404',
      `Write for example ${hint}`,
    )
    return
  }
  // With a misspelt name in a mount, the application that it means only looks as if nobody mounted it.
  if (context.unknown.size > 0) return
  for (const name of names) {
    if (used.has(name)) continue
    const place = placeOf('applications', name)
    findings.warning(
      place,
      `the application "${name}" is mounted nowhere`,
      `Mount it: mounts: { /: ${name} }, or remove it`,
      'key',
    )
  }
}

function resolveSpool(
  written:
    | {
        directory?: string | null | undefined
        memory?: number | null | undefined
        total?: number | null | undefined
      }
    | null
    | undefined,
  base: string,
  surroundings: Surroundings,
  findings: Findings,
): Effective['spool'] {
  const place = placeOf('spool')
  const usual = existsSync(defaultSpool.directory) ? defaultSpool.directory : surroundings.temporary
  const spool = findings.settle({ ...defaultSpool, directory: usual }, written, place)
  const directory = resolve(base, spool.directory)
  const wrong = notDirectory(directory)
  if (wrong !== undefined)
    findings.error(
      within(place, 'directory'),
      wrong,
      'Create it, or name a directory for waiting request bodies',
    )
  return { ...spool, directory }
}

function member(value: unknown, key: string): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const found: unknown = (value as Record<string, unknown>)[key]
  return typeof found === 'object' && found !== null ? found : undefined
}

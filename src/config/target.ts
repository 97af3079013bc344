// One target of a mount: files, a redirect, an application by name, or an application written in place,
// which becomes an application with a name made from its mount.

import { join, resolve } from 'node:path'
import { suggest } from '../schema/suggest.ts'
import { resolveApplication } from './application.ts'
import { resolveCgi, resolveLauncher } from './cgi.ts'
import { launcherShape } from './cgi-schema.ts'
import { defaultFiles, defaultRedirectStatus } from './defaults.ts'
import { type FilesTarget, type Target, type Wire, wires } from './effective.ts'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'
import { type GatewayContext, resolveGateway } from './gateway.ts'
import { didYouMean, notDirectory, notFile } from './on-disk.ts'
import type { WrittenTarget } from './schema.ts'
import { targetKeys } from './target-kind.ts'

export interface TargetContext extends GatewayContext {
  /** Every name in `applications`, also of those with problems. */
  readonly names: ReadonlySet<string>
  /** A file could not be read that may define more of them. */
  readonly incomplete: boolean
  /** What is wrong was taken out, so that what is missing proves nothing. */
  readonly partial: boolean
  /** Names that mounts use; grows while targets are resolved. */
  readonly used: Set<string>
  /** Names that mounts use and nobody defines; grows as well. */
  readonly unknown: Set<string>
}

/** Where a target stands, for the name of an application that is written in place. */
export interface MountName {
  readonly prefix: string
  /** The site's first host, or '' for the default site. */
  readonly host: string
}

/** Not only options. */
export function hasTarget(written: WrittenTarget): boolean {
  return typeof written === 'string' || targetKeys.some((key) => key in written)
}

/** Undefined for a target with a problem, and for options. */
export function resolveTarget(
  written: WrittenTarget,
  place: Place,
  mount: MountName,
  context: TargetContext,
): Target | undefined {
  const { findings } = context
  if (typeof written === 'string') return reference(written, place, context)
  if ('application' in written) return reference(written.application, within(place, 'application'), context)
  if ('files' in written) return resolveFiles(written, place, mount, context)
  if ('cgi' in written) return cgi(written, place, mount, context)
  for (const wire of wires) {
    const gateway = placeOf(wire, written)
    if (gateway !== undefined)
      return resolveGateway(wire, gateway, nameInPlace(mount, context), place, context)
  }
  if ('redirect' in written) {
    findings.note(within(place, 'redirect'))
    const status = findings.pick(written.status, defaultRedirectStatus, within(place, 'status'))
    return { kind: 'redirect', location: written.redirect, status }
  }
  if (!('wsgi' in written)) return undefined
  const name = nameInPlace(mount, context)
  context.used.add(name)
  findings.note({ setting: [...place.setting, 'application'], source: place.source })
  const application = { setting: ['applications', name], source: place.source }
  context.inPlace.push(resolveApplication(name, written, application, context))
  return { kind: 'application', application: name }
}

function reference(
  name: string,
  place: Place,
  { names, incomplete, used, unknown, findings }: TargetContext,
): Target | undefined {
  const setting = place.setting.at(-1) === 'application' ? place.setting : [...place.setting, 'application']
  findings.note({ setting, source: place.source })
  if (names.has(name)) {
    used.add(name)
    return { kind: 'application', application: name }
  }
  unknown.add(name)
  if (incomplete) return undefined
  const near = suggest(name, names)
  const known =
    names.size > 0
      ? `Applications are ${[...names].join(', ')}`
      : 'Name it in "applications", or write { wsgi: ... } in place'
  findings.error(
    place,
    `there is no application "${name}"`,
    near === undefined ? known : `Did you mean "${near}"? ${known}`,
  )
  return undefined
}

/** Where the application of this wire is, with what is said of its scripts. */
function placeOf(wire: Wire, written: Exclude<WrittenTarget, string>) {
  if (wire === 'fastcgi' && 'fastcgi' in written) return { ...written, at: written.fastcgi }
  if (wire === 'scgi' && 'scgi' in written) return { at: written.scgi }
  if (wire === 'uwsgi' && 'uwsgi' in written) return { at: written.uwsgi }
  return undefined
}

type WrittenFiles = Extract<WrittenTarget, { files: string }>

function cgi(
  written: Extract<WrittenTarget, { cgi: string }>,
  place: Place,
  mount: MountName,
  context: TargetContext,
): Target {
  const { target, application } = resolveCgi(written, nameInPlace(mount, context), place, context)
  context.inPlace.push(application)
  return target
}

function resolveFiles(
  written: WrittenFiles,
  place: Place,
  mount: MountName,
  context: TargetContext,
): FilesTarget {
  const { findings } = context
  const root = resolve(findings.directory(place), written.files)
  findings.note(within(place, 'files'))
  const wrong = notDirectory(root)
  if (wrong === undefined) findings.need(within(place, 'files'), root, 'run')
  else
    findings.error(
      within(place, 'files'),
      wrong,
      `${didYouMean(root, written.files)}Create it, or name the directory with the files`,
    )
  const cache = findings.pick(written.cache, null, within(place, 'cache'))
  const types = findings.pick(written.types, {}, within(place, 'types'))
  const scripts = findings.pick(written.scripts, [], within(place, 'scripts'))
  const application = scripts.length === 0 ? null : nameInPlace(mount, context)
  if (application !== null) {
    const roots = written.symlinks === 'any' ? null : [root]
    const where = { name: application, roots, directory: null }
    context.inPlace.push(resolveLauncher(written, where, place, context))
  } else refuseLauncherKeys(written, place, findings)
  const settled = findings.settle(defaultFiles, written, place)
  if (settled.listing && wrong === undefined) findings.need(within(place, 'listing'), root, 'read')
  if (settled.fallback !== null) {
    const at = within(place, 'fallback')
    const ending = scripts.find((one) => settled.fallback?.endsWith(one))
    if (ending !== undefined) {
      const hint = 'Mount the script behind the files: [ { files: ... }, { cgi: ./index.cgi } ]'
      findings.error(at, `"${settled.fallback}" is a script (${ending}), and a fallback is a file`, hint)
    }
    checkFallback(settled.fallback, wrong === undefined ? root : undefined, at, findings)
  }
  return {
    kind: 'files',
    root,
    ...settled,
    fallback: settled.fallback === null ? null : `/${settled.fallback.replace(/^\/+/, '')}`,
    cache: typeof cache === 'number' ? Math.floor(cache / 1000) : cache,
    types: withoutDots(types),
    scripts,
    application,
  }
}

/** What says how scripts are started says nothing without any. */
function refuseLauncherKeys(written: WrittenFiles, place: Place, findings: Findings): void {
  for (const key of Object.keys(launcherShape)) {
    const value = written[key as keyof WrittenFiles]
    if (value === null || value === undefined) continue
    const hint = 'Name the endings of scripts, for example scripts: [.cgi], or remove it'
    findings.error(within(place, key), `"${key}" is for CGI scripts, and there are none here`, hint, 'key')
  }
}

function checkFallback(written: string, root: string | undefined, at: Place, findings: Findings): void {
  if (/(^|\/)\.\.(\/|$)/.test(written)) {
    findings.error(at, `"${written}" leaves the directory`, 'Name a file below the directory')
    return
  }
  if (root === undefined) return
  // Whoever builds the pages may do so later.
  const path = join(root, written)
  const missing = notFile(path)
  if (missing === undefined) findings.need(at, path, 'read')
  else
    findings.warning(at, missing, `${didYouMean(path, written)}The path starts in the directory of the files`)
}

function withoutDots(types: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(types).map(([key, type]) => [key.replace(/^\./, '').toLowerCase(), type]),
  )
}

/** "/" is "app", "/shop/x" is "shop-x"; a named site puts its host in front; a number tells equals apart. */
function nameInPlace({ prefix, host }: MountName, { names, inPlace, externals }: TargetContext): string {
  const words = [
    host.replace(/^\*\./, ''),
    prefix === '/' && host !== '' ? '' : prefix === '/' ? 'app' : prefix,
  ]
  const joined = words.join('-').replace(/[^A-Za-z0-9_]+/g, '-')
  const base = joined.replace(/^[-_]+|-+$/g, '').slice(0, 56) || 'app'
  const all = [...inPlace, ...externals]
  const taken = (name: string) => names.has(name) || all.some((application) => application.name === name)
  let name = base
  for (let number = 2; taken(name); number++) name = `${base}-${number}`
  return name
}

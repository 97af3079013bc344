// Mounts of applications that answer over FastCGI, SCGI or uwsgi: at an address of somebody else's, or started here.

import { readdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { addressText, type ExternalAddress } from '../backend/external/address.ts'
import { maxSocketPathBytes } from '../schema/address.ts'
import type { ApplicationContext } from './application.ts'
import { defaultExternal, defaultFiles, defaultScripts } from './defaults.ts'
import type { Application, External, FilesTarget, GatewayTarget, ScriptDirectory, Wire } from './effective.ts'
import { type Place, within } from './findings.ts'
import type { WrittenExternal, WrittenPlace, WrittenProgram, WrittenScripts } from './gateway-schema.ts'
import { didYouMean, notDirectory, notFile } from './on-disk.ts'
import { resolveProgram } from './program.ts'

export interface GatewayContext extends ApplicationContext {
  /** Grows while targets are resolved. */
  readonly inPlace: Application[]
  /** Applications at addresses; grows as well. */
  readonly externals: External[]
}

type WrittenGateway = WrittenScripts & { readonly at: WrittenPlace }

/** @param name of the application, for logs */
export function resolveGateway(
  wire: Wire,
  written: WrittenGateway,
  name: string,
  place: Place,
  context: GatewayContext,
): GatewayTarget {
  const { at } = written
  const here = within(place, wire)
  const application = isProgram(at)
    ? started(wire, at, name, here, context)
    : external(wire, at, name, here, defaultsOf(written), context)
  const scripts = resolveScripts(written, place, context)
  return { kind: 'gateway', wire, application, scripts }
}

/**
 * A script of PHP may work on behind its answer (fastcgi_finish_request), which nobody else sees: the next call on its
 * connection would wait for it. So none is kept unless that is said.
 */
function defaultsOf({ root }: WrittenGateway): typeof defaultExternal {
  return root === null || root === undefined ? defaultExternal : { ...defaultExternal, idle: 0 }
}

function isProgram(at: WrittenPlace): at is WrittenProgram {
  return 'command' in at
}

function started(
  wire: Wire,
  written: WrittenProgram,
  name: string,
  place: Place,
  context: GatewayContext,
): string {
  if (wire === 'uwsgi') {
    const hint = 'Start it as a service, and name its socket here; or take fastcgi or scgi'
    context.findings.error(
      within(place, 'command'),
      'no program is started for the uwsgi protocol',
      hint,
      'key',
    )
  }
  context.inPlace.push(resolveProgram(wire === 'scgi' ? 'scgi' : 'fastcgi', written, name, place, context))
  return name
}

function external(
  wire: Wire,
  written: Exclude<WrittenPlace, WrittenProgram>,
  name: string,
  place: Place,
  defaults: typeof defaultExternal,
  { findings, externals }: GatewayContext,
): string {
  const map: WrittenExternal = 'address' in written ? written : { address: written }
  const at = 'address' in written ? within(place, 'address') : place
  if (map.address.length === 0) findings.error(at, 'the list of addresses is empty', 'Name one', 'key')
  findings.note(at)
  const addresses = map.address.map(
    ({ kind, host, port, path }): ExternalAddress =>
      kind === 'unix' ? { kind, path: resolve(findings.directory(place), path) } : { kind, host, port },
  )
  const texts = addresses.map(addressText)
  for (const [index, text] of texts.entries())
    if (texts.indexOf(text) < index)
      findings.error(at, `the address "${text}" stands twice`, 'Remove one of the two')
  for (const address of addresses) if (address.kind === 'unix') checkSocket(address.path, at, findings)
  const settings = findings.settle(defaults, map, place)
  // Mounts that say the same share its connections: it has only so many processes.
  const same = externals.find(({ name: _, ...known }) => {
    return JSON.stringify(known) === JSON.stringify({ wire, addresses, ...settings })
  })
  if (same !== undefined) return same.name
  externals.push({ name, wire, addresses, ...settings })
  return name
}

/** Whoever keeps it may be started later. */
function checkSocket(path: string, at: Place, findings: GatewayContext['findings']): void {
  if (Buffer.byteLength(path) > maxSocketPathBytes) {
    const hint = `At most ${maxSocketPathBytes} octets fit: give it a shorter path`
    findings.error(at, `the path of the socket "${path}" is too long`, hint)
    return
  }
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isSocket() === true) {
    findings.need(at, path, 'connect')
    return
  }
  const isDirectory = found?.isDirectory() === true
  const sockets = socketsIn(isDirectory ? path : dirname(path))
  const near = sockets.length === 0 ? '' : `; ${sockets.join(', ')} would be there`
  const message =
    found === undefined
      ? `there is no socket "${path}"`
      : `"${path}" is a ${isDirectory ? 'directory' : 'file'}, but a socket is expected`
  const hint =
    found === undefined ? 'Start what listens there, or correct the path' : 'Name the socket itself'
  findings.warning(at, message, `${hint}${near}`)
}

/** A few of them. */
function socketsIn(directory: string): readonly string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    return entries.flatMap((one) => (one.isSocket() ? [join(directory, one.name)] : [])).slice(0, 4)
  } catch {
    return []
  }
}

/** Null where nothing is said of a directory. */
function resolveScripts(
  written: WrittenScripts,
  place: Place,
  { findings }: GatewayContext,
): ScriptDirectory | null {
  const { root: named } = written
  if (named === null || named === undefined) {
    for (const key of ['scripts', 'index', 'front', 'symlinks', 'dotfiles'] as const) {
      if (written[key] === null || written[key] === undefined) continue
      const hint = 'Name the directory of the scripts with "root" as well, or remove it'
      findings.error(within(place, key), `"${key}" counts only together with "root"`, hint, 'key')
    }
    return null
  }
  const root = resolve(findings.directory(place), named)
  const at = within(place, 'root')
  findings.note(at)
  const wrong = notDirectory(root)
  if (wrong === undefined) findings.need(at, root, 'run')
  else findings.error(at, wrong, `${didYouMean(root, named)}Name the directory that holds the scripts`)
  const endings = findings.pick(written.scripts, defaultScripts.scripts, within(place, 'scripts'))
  if (endings.length === 0) {
    const hint = `Name the endings of the scripts, such as ${defaultScripts.scripts.join(', ')}, or remove "root"`
    findings.error(within(place, 'scripts'), 'without an ending every script would be sent as a file', hint)
  }
  const index = findings.pick(written.index, defaultScripts.index, within(place, 'index'))
  const front = findings.pick(written.front, null, within(place, 'front'))
  if (front !== null && wrong === undefined) checkFront(front, root, endings, place, findings)
  const isScript = (name: string) => hasEnding(name, endings)
  const files: FilesTarget = {
    kind: 'files',
    root,
    ...defaultFiles,
    index: index.filter((name) => !isScript(name)),
    symlinks: findings.pick(written.symlinks, defaultFiles.symlinks, within(place, 'symlinks')),
    dotfiles: findings.pick(written.dotfiles, defaultFiles.dotfiles, within(place, 'dotfiles')),
    cache: null,
    types: {},
    scripts: [],
    application: null,
  }
  return { endings, index: index.filter(isScript), front, files }
}

function checkFront(
  front: string,
  root: string,
  endings: readonly string[],
  place: Place,
  findings: GatewayContext['findings'],
): void {
  const at = within(place, 'front')
  if (/(^|\/)\.\.?(\/|$)/.test(front)) {
    findings.error(at, `"${front}" leaves the directory`, 'Name a script below the root')
    return
  }
  if (!hasEnding(front, endings)) {
    const hint = `Scripts end in ${endings.join(', ')}: name one, or add its ending to "scripts"`
    findings.error(at, `"${front}" is no script`, hint)
    return
  }
  const path = join(root, front)
  const missing = notFile(path)
  if (missing !== undefined)
    findings.warning(at, missing, `${didYouMean(path, front)}The path starts in the root`)
}

/** In any case, as the server tells scripts from files. */
function hasEnding(name: string, endings: readonly string[]): boolean {
  const lowered = name.toLowerCase()
  return endings.some((one) => lowered.endsWith(one.toLowerCase()))
}

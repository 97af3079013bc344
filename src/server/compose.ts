// From the effective configuration to a router with its handlers and backends: the one place that knows every kind
// by name. Runs in the HTTP process.

import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ExternalBackend } from '../backend/external/external.ts'
import type { SupervisedBackend } from '../backend/supervised.ts'
import { byteString } from '../byte-string.ts'
import type {
  CgiTarget,
  Effective,
  FilesTarget,
  GatewayTarget,
  Mount,
  Options,
  Site,
  Target,
} from '../config/effective.ts'
import { untrustedPeers } from '../gateway/untrusted-peers.ts'
import type { Handler } from '../handler/handler.ts'
import { CodeGate, NewCodeHandler } from '../handler/new-code.ts'
import { RedirectHandler } from '../handler/redirect.ts'
import { FrontHandler } from '../handler/scripts/front.ts'
import { ScriptsHandler } from '../handler/scripts/scripts.ts'
import { Sendfile } from '../handler/sendfile/sendfile.ts'
import { FilesHandler } from '../handler/static/files.ts'
import { HotMemory } from '../handler/static/hot-files.ts'
import { hiddenEndings, type ScriptPlace } from '../handler/static/script-place.ts'
import type { GuardedMount } from '../listener/mount-options.ts'
import type { Log } from '../log/log.ts'
import { isBelow } from '../router/mount.ts'
import { Router } from '../router/router.ts'
import type { WorkerNews } from './compose-backend.ts'
import { GatewayComposer } from './compose-gateway.ts'
import { OptionComposer, type OptionsOfMount, rewriteOf } from './compose-options.ts'
import { isLaunched } from './launching.ts'

export interface Composition {
  readonly router: Router<GuardedMount>
  /** By name of the application. */
  readonly backends: ReadonlyMap<string, SupervisedBackend>
  readonly externals: ReadonlyMap<string, ExternalBackend>
  /** By name of the application; empty without --reload. */
  readonly gates: ReadonlyMap<string, CodeGate>
}

export interface ComposeOptions {
  readonly serverSoftware: string
  /** Development: requests wait for new code, failures are shown. */
  readonly reload: boolean
}

export function compose(
  effective: Effective,
  options: ComposeOptions,
  log: Log,
  news: WorkerNews,
): Composition {
  return new Composer(effective, options, log, news).compose()
}

class Composer {
  readonly #effective: Effective
  readonly #log: Log
  readonly #gateways: GatewayComposer
  readonly #reload: boolean
  readonly #hotMemory = new HotMemory()
  readonly #gates = new Map<string, CodeGate>()
  readonly #options: OptionComposer
  /** Files that nobody gets, wherever they lie. */
  readonly #hidden: readonly string[]
  readonly #scriptPlaces: readonly ScriptPlace[]
  readonly #sendfiles = new Map<string, Sendfile>()

  constructor(effective: Effective, { serverSoftware, reload }: ComposeOptions, log: Log, news: WorkerNews) {
    this.#effective = effective
    this.#reload = reload
    this.#log = log
    const untrusted = untrustedPeers(log)
    this.#options = new OptionComposer(log, untrusted)
    this.#hidden = effective.own_files.flatMap(realNames)
    this.#scriptPlaces = effective.sites.flatMap(scriptPlaces)
    this.#gateways = new GatewayComposer(effective, serverSoftware, untrusted, log, news)
  }

  compose(): Composition {
    for (const application of this.#effective.applications) {
      if (this.#reload && !isLaunched(application)) this.#gates.set(application.name, new CodeGate())
    }
    const sites = this.#effective.sites.map((site) => {
      const options = this.#options.ofSite(site)
      const ofMount = (mount: Mount): OptionsOfMount => {
        const above = aboveOf(mount, site)
        return this.#options.ofMount(mount, above === undefined ? options : ofMount(above))
      }
      const mounts = site.mounts.map((mount) => ({
        prefix: mount.prefix,
        base: mount.base ?? undefined,
        handlers: targetsOf(mount, site).flatMap((target, i, all) => {
          const isLast = i === all.length - 1
          return this.#handlers(target, mount, { site, isLast })
        }),
        ...ofMount(mount),
      }))
      return {
        hosts: site.hosts,
        mounts: [...mounts, ...this.#options.nobody(site, options)],
        rewrite: rewriteOf(site.rewrite),
      }
    })
    const { backends, externals } = this.#gateways
    return { router: new Router(sites), backends, externals, gates: this.#gates }
  }

  /** Mounts with the same directories share what is in memory of them. */
  #sendfile(roots: Options['sendfile']): Sendfile {
    const key = JSON.stringify(roots)
    const sendfile = this.#sendfiles.get(key) ?? new Sendfile(roots, this.#log, this.#hotMemory)
    this.#sendfiles.set(key, sendfile)
    return sendfile
  }

  #handlers(target: Target, mount: Mount, where: Standing): Handler[] {
    switch (target.kind) {
      case 'files':
        return [...this.#scriptsAmong(target, mount, where), this.#files(target, mount)]
      case 'cgi':
        return [this.#scripts(target, mount, where)]
      case 'gateway':
        return this.#application(target, mount, where)
      case 'redirect':
        return [new RedirectHandler(target)]
      case 'application': {
        const handler = this.#gateway(target.application, mount)
        const gate = this.#gates.get(target.application)
        return [gate === undefined ? handler : new NewCodeHandler(gate, handler)]
      }
      default:
        return target satisfies never
    }
  }

  #files(target: FilesTarget, mount: Mount): Handler {
    const isPrivate = mount.access !== false
    const options = { ...target, isPrivate, hidden: this.#hidden, scriptPlaces: this.#scriptPlaces }
    return new FilesHandler(options, this.#log, this.#hotMemory)
  }

  /** They come first: what is one is never sent as a file. */
  #scriptsAmong(target: FilesTarget, mount: Mount, { site }: Standing): Handler[] {
    const { root, symlinks, scripts, index, application } = target
    if (application === null) return []
    const place = {
      root,
      symlinks,
      extensions: scripts,
      how: 'executed' as const,
      index,
      hidden: this.#hidden,
    }
    const options = { kind: 'cgi' as const, place, documentRoot: documentRootOf(site, root), passes: true }
    return [new ScriptsHandler(options, this.#gateway(application, mount), this.#log)]
  }

  #scripts(target: CgiTarget, mount: Mount, { site, isLast }: Standing): Handler {
    const { path, is, symlinks, scripts, index, application } = target
    const extensions = scripts.length === 0 ? undefined : scripts
    const how = 'executed' as const
    const place =
      is === 'script' ? path : { root: path, symlinks, extensions, how, index, hidden: this.#hidden }
    const root = is === 'script' ? dirname(path) : path
    const options = {
      kind: 'cgi' as const,
      place,
      documentRoot: documentRootOf(site, root),
      passes: !isLast,
    }
    return new ScriptsHandler(options, this.#gateway(application, mount), this.#log)
  }

  /** Its scripts first, then the files beside them, then the script that answers for the rest. */
  #application({ application, scripts }: GatewayTarget, mount: Mount, { isLast }: Standing): Handler[] {
    const gateway = this.#gateway(application, mount)
    if (scripts === null) return [gateway]
    const { endings, index, front, files } = scripts
    const { root, symlinks } = files
    const place = {
      root,
      symlinks,
      extensions: endings,
      how: 'read' as const,
      index,
      hidden: this.#hidden,
    }
    const own = new ScriptsHandler(
      { kind: 'fastcgi', place, documentRoot: root, passes: true },
      gateway,
      this.#log,
    )
    const beside = this.#files({ ...files, pass: front !== null || !isLast }, mount)
    return front === null ? [own, beside] : [own, beside, new FrontHandler({ root, script: front }, gateway)]
  }

  #gateway(name: string, mount: Mount): Handler {
    const sendfile = mount.sendfile.length === 0 ? undefined : this.#sendfile(mount.sendfile)
    return this.#gateways.handler(name, mount, sendfile)
  }
}

/** Where a target stands. */
interface Standing {
  readonly site: Site
  /** Of the targets of its mount. */
  readonly isLast: boolean
}

/** The directory of the files of a site, which is what programs expect; else the directory of the scripts. */
function documentRootOf(site: Site, otherwise: string): string {
  const top = site.mounts.find(({ prefix }) => prefix === '/')
  const files = top?.targets.find((target) => target.kind === 'files')
  return files?.kind === 'files' ? files.root : otherwise
}

/** Of all mounts of a site. */
function scriptPlaces({ mounts }: Site): ScriptPlace[] {
  return mounts
    .flatMap(({ targets }) => targets)
    .flatMap((target) => {
      const place = scriptsOf(target)
      if (place === undefined) return []
      const endings = hiddenEndings(place.endings).map(byteString)
      const names = realNames(place.path)
      return names.map((name) => ({ path: byteString(name).replace(/\/+$/, ''), endings }))
    })
}

function scriptsOf(target: Target): ScriptPlace | undefined {
  if (target.kind === 'cgi') return { path: target.path, endings: target.scripts }
  if (target.kind === 'files' && target.scripts.length > 0)
    return { path: target.root, endings: target.scripts }
  if (target.kind === 'gateway' && target.scripts !== null)
    return { path: target.scripts.files.root, endings: target.scripts.endings }
  return undefined
}

/** A path as it is written, and where it leads. */
function realNames(path: string): readonly string[] {
  try {
    return [path, realpathSync(path)]
  } catch {
    return [path] // it is not there yet, or not for us to see
  }
}

/** What answers at a mount: its own targets, or those of the mount in whose place it stands. */
function targetsOf(mount: Mount, site: Site): readonly Target[] {
  if (mount.base === null) return mount.targets
  return site.mounts.find(({ prefix }) => prefix === mount.base)?.targets ?? []
}

/** Whose limits count at a mount that stands in the place of another and has none of its own: those of the nearest. */
function aboveOf({ base, prefix }: Mount, site: Site): Mount | undefined {
  if (base === null) return undefined
  const all = site.mounts.filter((one) => one.prefix === base || one.base === base)
  const above = all.filter((one) => one.prefix !== prefix && isBelow(prefix, one.prefix.replace(/\/$/, '')))
  return above.toSorted((a, b) => b.prefix.length - a.prefix.length)[0]
}

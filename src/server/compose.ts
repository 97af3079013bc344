// From the effective configuration to a router with its handlers and backends: the one place that knows every kind
// by name. Runs in the HTTP process.

import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SupervisedBackend } from '../backend/supervised.ts'
import { byteString } from '../byte-string.ts'
import { monotonicMs } from '../clock.ts'
import {
  type CgiTarget,
  type Effective,
  type FilesTarget,
  type Mount,
  type Options,
  type Site,
  startsScripts,
  type Target,
} from '../config/effective.ts'
import type { PorticoError } from '../failure.ts'
import { cgiGateway } from '../gateway/cgi.ts'
import { EnvironBuilder } from '../gateway/environ.ts'
import { type EnvironPolicy, scriptPolicy, wsgiPolicy } from '../gateway/environ-policy.ts'
import { fastcgiGateway } from '../gateway/fastcgi.ts'
import { Spool } from '../gateway/spool.ts'
import { untrustedPeers } from '../gateway/untrusted-peers.ts'
import { CgiHandler } from '../handler/cgi/cgi.ts'
import { GatewayHandler } from '../handler/gateway.ts'
import type { Handler } from '../handler/handler.ts'
import { CodeGate, NewCodeHandler } from '../handler/new-code.ts'
import { RedirectHandler } from '../handler/redirect.ts'
import { Sendfile } from '../handler/sendfile/sendfile.ts'
import { FilesHandler } from '../handler/static/files.ts'
import { HotMemory } from '../handler/static/hot-files.ts'
import type { ScriptPlace } from '../handler/static/script-place.ts'
import type { GuardedMount } from '../listener/mount-options.ts'
import type { Log } from '../log/log.ts'
import { isBelow } from '../router/mount.ts'
import { Router } from '../router/router.ts'
import { backendOf, type WorkerNews } from './compose-backend.ts'
import { OptionComposer, type OptionsOfMount, rewriteOf } from './compose-options.ts'
import { isLaunched } from './launching.ts'

export interface Composition {
  readonly router: Router<GuardedMount>
  /** By name of the application. */
  readonly backends: ReadonlyMap<string, SupervisedBackend>
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
  const { spool } = effective
  const composer = new Composer(effective, options, log, news, {
    directory: spool.directory,
    memoryBytes: spool.memory,
    totalBytes: spool.total,
  })
  return composer.compose()
}

class Composer {
  readonly #effective: Effective
  readonly #log: Log
  readonly #news: WorkerNews
  readonly #spool: Spool
  readonly #environs: EnvironBuilder
  /** Of scripts that are not told the Authorization of a request. */
  readonly #scriptEnvirons: EnvironBuilder
  readonly #reload: boolean
  readonly #hotMemory = new HotMemory()
  readonly #backends = new Map<string, SupervisedBackend>()
  readonly #gates = new Map<string, CodeGate>()
  readonly #options: OptionComposer
  /** Files that nobody gets, wherever they lie. */
  readonly #hidden: readonly string[]
  readonly #scriptPlaces: readonly ScriptPlace[]
  readonly #sendfiles = new Map<string, Sendfile>()

  constructor(
    effective: Effective,
    { serverSoftware, reload }: ComposeOptions,
    log: Log,
    news: WorkerNews,
    spool: Spool['settings'],
  ) {
    this.#effective = effective
    this.#reload = reload
    this.#log = log
    const untrusted = untrustedPeers(log)
    this.#options = new OptionComposer(log, untrusted)
    this.#hidden = effective.own_files.flatMap(realNames)
    this.#scriptPlaces = effective.sites.flatMap(scriptPlaces)
    this.#news = news
    this.#spool = new Spool(
      spool,
      seldom((failure: PorticoError) => log.warn('spool.failed', failure.facts, spoolHint)),
      seldom((used: number) => log.warn('spool.crowded', { used, total: spool.totalBytes }, crowdedHint)),
    )
    const environs = (policy: EnvironPolicy) =>
      new EnvironBuilder({
        serverSoftware,
        policy,
        refused: (name) => log.warn('environ.field_refused', { name }),
        forwarded: effective.trusted_proxies.fields,
        untrusted,
      })
    this.#environs = environs(wsgiPolicy)
    this.#scriptEnvirons = environs(scriptPolicy)
  }

  compose(): Composition {
    for (const application of this.#effective.applications) {
      this.#backends.set(application.name, backendOf(application, this.#news))
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
    return { router: new Router(sites), backends: this.#backends, gates: this.#gates }
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
    const place = { root, symlinks, extensions: scripts, index, hidden: this.#hidden }
    const options = { place, documentRoot: documentRootOf(site, root), passes: true }
    return [new CgiHandler(options, this.#gateway(application, mount), this.#log)]
  }

  #scripts(target: CgiTarget, mount: Mount, { site, isLast }: Standing): Handler {
    const { path, is, symlinks, scripts, index, application } = target
    const extensions = scripts.length === 0 ? undefined : scripts
    const place = is === 'script' ? path : { root: path, symlinks, extensions, index, hidden: this.#hidden }
    const root = is === 'script' ? dirname(path) : path
    const options = { place, documentRoot: documentRootOf(site, root), passes: !isLast }
    return new CgiHandler(options, this.#gateway(application, mount), this.#log)
  }

  #gateway(name: string, mount: Mount): Handler {
    const backend = this.#backends.get(name)
    const application = this.#effective.applications.find((one) => one.name === name)
    // The configuration was checked in the supervisor; a name that is missing here is a fault of ours.
    if (backend === undefined || application === undefined)
      throw new Error(`no application is called "${name}"`)
    const isScript = startsScripts(application)
    return new GatewayHandler({
      kind: isScript ? 'cgi' : 'wsgi',
      application: name,
      gateway: isLaunched(application) ? cgiGateway : fastcgiGateway,
      backend,
      environs: isScript && !mount.authorization ? this.#scriptEnvirons : this.#environs,
      spool: this.#spool,
      streamInput: application.stream_input,
      maxOutputWaitingBytes: application.limits.output_buffer,
      bodyLimit:
        mount.body === null
          ? { bytes: this.#effective.limits.body, setting: 'limits.body' }
          : { bytes: mount.body, setting: 'body' },
      sendfile: mount.sendfile.length === 0 ? undefined : this.#sendfile(mount.sendfile),
      maxHeadBytes: 64 * 1024,
      errorsByLine: isLaunched(application),
      log: this.#log,
    })
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
      if (target.kind !== 'cgi' && (target.kind !== 'files' || target.scripts.length === 0)) return []
      const names = realNames(target.kind === 'cgi' ? target.path : target.root)
      const endings = target.scripts.map(byteString)
      return names.map((name) => ({ path: byteString(name).replace(/\/+$/, ''), endings }))
    })
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

/** How often the log hears of the same trouble. */
const troubleEveryMs = 10_000

/** Passes on one call of many. */
function seldom<T>(tell: (about: T) => void): (about: T) => void {
  let toldMs = Number.NEGATIVE_INFINITY
  return (about) => {
    const nowMs = monotonicMs()
    if (nowMs - toldMs < troubleEveryMs) return
    toldMs = nowMs
    tell(about)
  }
}

const spoolHint =
  'Output cannot wait on the disk, so slow clients hold slots: make room in this directory, or set spool.directory'
const crowdedHint =
  'What waits for slow clients fills its share of spool.total, so applications wait for their clients and requests for slots: raise spool.total'

// Mounts and sites: prefixes in their normal form, none twice; host names in lower case, none twice.
// Which mount answers a path is the router's work.

import { normalLiteral } from '../ip-address.ts'
import { isHostName } from '../schema/address.ts'
import { defaultCompress } from './defaults.ts'
import type { Compress, LogSettings, Mount, Options, Rate, Site } from './effective.ts'
import type { Findings, Place } from './findings.ts'
import { placeOf, within } from './findings.ts'
import { resolveSiteLog } from './log.ts'
import type { WrittenCompress, WrittenRate } from './option-schema.ts'
import { givenOnce, type Placed, resolveMountOptions, resolveSiteOptions } from './options.ts'
import { resolvePrefix } from './prefix.ts'
import { resolveRewrite } from './rewrite.ts'
import type { WrittenFile, WrittenMounts, WrittenTarget } from './schema.ts'
import type { TargetContext } from './target.ts'
import { hasTarget, resolveTarget } from './target.ts'
import { warnOfUnreached } from './unreached.ts'

/** The default site first, then the named ones. `raw` tells a list of targets from a single one. */
export function resolveSites(
  file: WrittenFile,
  raw: unknown,
  log: LogSettings,
  context: TargetContext,
): readonly Site[] {
  const { findings } = context
  const options = resolveSiteOptions(file, placeOf(), context)
  const main: Site = {
    hosts: [],
    rate: rateOf(findings.pick(file.rate, null, placeOf('rate'))) || null,
    compress: compressOf(findings.pick(file.compress, null, placeOf('compress'))) || null,
    rewrite: resolveRewrite(file.rewrite, placeOf('rewrite'), findings),
    log: null,
    ...options,
    mounts: resolveMounts(
      file.mounts ?? {},
      { host: '', place: placeOf(), body: null, options },
      raw,
      context,
    ),
  }
  const seen = new Map<string, string>()
  const named = (file.sites ?? []).map((site, index): Site => {
    const place = placeOf('sites', index)
    const hosts = site.hosts.map((host, at) => resolveHost(host, within(place, 'hosts', at), seen, findings))
    const listed = rawAt(raw, [...place.source, 'hosts'])
    if (Array.isArray(listed) && listed.length === 0)
      findings.error(
        within(place, 'hosts'),
        'the list of host names is empty',
        'Name the hosts of the site',
        'key',
      )
    const body = site.body ?? null
    const options = resolveSiteOptions(site, place, context)
    return {
      hosts,
      rate: rateOf(findings.pick(site.rate, null, within(place, 'rate'))) || null,
      compress: compressOf(findings.pick(site.compress, null, within(place, 'compress'))) || null,
      rewrite: resolveRewrite(site.rewrite, within(place, 'rewrite'), findings),
      log: resolveSiteLog(site.log, within(place, 'log'), log, findings),
      ...options,
      mounts: resolveMounts(site.mounts, { host: hosts[0] ?? '', place, body, options }, raw, context),
    }
  })
  return [main, ...named]
}

/** What mounts have from their site. */
interface OfSite {
  /** The first of its hosts; '' for the default site. */
  readonly host: string
  readonly place: Place
  readonly body: number | null
  readonly options: Options
}

/** A mount as it is written, with the place of the settings that count for all of it. */
interface WrittenMount {
  readonly prefix: string
  readonly placed: readonly Placed[]
  readonly around: Place
  /** Something answers; otherwise there are only options, for what answers above. */
  readonly hasTargets: boolean
}

/** A mount that others may stand in the place of. */
interface Above {
  readonly written: WrittenMount
  readonly mount: Mount
}

function resolveMounts(
  written: WrittenMounts,
  site: OfSite,
  raw: unknown,
  context: TargetContext,
): readonly Mount[] {
  const seen = new Map<string, string>()
  const mounts = Object.entries(written).flatMap(([key, targets]) =>
    readMount(key, targets, site, seen, raw, context.findings),
  )
  const resolved = new Map<string, Above>()
  // What stands in the place of another comes after that.
  for (const one of mounts.toSorted((a, b) => a.prefix.length - b.prefix.length)) {
    const above = one.hasTargets ? undefined : aboveOf(one, resolved, context)
    if (one.hasTargets || above !== undefined)
      resolved.set(one.prefix, { written: one, mount: resolveMount(one, above, site, context) })
  }
  return mounts.flatMap(({ prefix }) => resolved.get(prefix)?.mount ?? [])
}

function readMount(
  key: string,
  targets: readonly WrittenTarget[],
  site: OfSite,
  seen: Map<string, string>,
  raw: unknown,
  findings: Findings,
): WrittenMount[] {
  const place = within(site.place, 'mounts')
  const source = [...place.source, key]
  const prefix = resolvePrefix(key, { setting: [...place.setting, key], source }, seen, findings)
  if (prefix === undefined) return []
  const setting = [...place.setting, prefix]
  const isList = Array.isArray(rawAt(raw, source))
  const placed = targets.map((target, index) => {
    const at = { setting: [...setting, index], source: isList ? [...source, index] : source }
    return { target, at }
  })
  if (!targets.some((target) => typeof target === 'string' || Object.keys(target).length > 0))
    findings.error({ setting, source }, 'the list of targets is empty', 'Name what answers here', 'key')
  const around = { setting: [...setting, 0], source: place.source.slice(0, -1) }
  return [{ prefix, placed, around, hasTargets: targets.some(hasTarget) }]
}

/** The nearest mount above that something answers at. */
function aboveOf(
  { prefix, placed }: WrittenMount,
  resolved: ReadonlyMap<string, Above>,
  { findings, partial }: TargetContext,
): Above | undefined {
  for (let path = prefix; path !== '/' && path !== ''; ) {
    path = path.slice(0, path.lastIndexOf('/')) || '/'
    const above = resolved.get(path)
    if (above !== undefined) return above
  }
  if (placed[0] !== undefined && !partial)
    findings.error(
      placed[0].at,
      `"${prefix}" has options only, and at no shorter path there is anything that answers`,
      'Write what answers here as well, such as { files: ... }, or mount it above',
      'key',
    )
  return undefined
}

/** @param above in whose place it stands; what it does not say itself it has from there */
function resolveMount(
  { prefix, placed, around }: WrittenMount,
  above: Above | undefined,
  site: OfSite,
  context: TargetContext,
): Mount {
  const { findings } = context
  const targets = placed.flatMap(
    ({ target, at }) => resolveTarget(target, at, { prefix, host: site.host }, context) ?? [],
  )
  warnOfUnreached(
    placed.filter(({ target }) => hasTarget(target)),
    findings,
  )
  const body = limitOf('body', placed, above?.mount.body ?? site.body, around, findings)
  const rate = rateOf(limitOf('rate', placed, null, around, findings))
  const compress = compressOf(limitOf('compress', placed, null, around, findings))
  const rules = limitOf('rewrite', placed, null, around, findings)
  const ruled = placed.find(({ target }) => typeof target === 'object' && target.rewrite === rules)
  const own = resolveRewrite(rules, within(ruled?.at ?? around, 'rewrite'), findings)
  const rewrite = rules === null && above !== undefined ? above.mount.rewrite : own
  const inherited = above === undefined ? { options: site.options, at: site.place } : aboveOptions(above)
  const options = resolveMountOptions(placed, around, inherited, context)
  const base = above === undefined ? null : (above.mount.base ?? above.mount.prefix)
  return { prefix, targets, base, body, rate, compress, rewrite, ...options }
}

function aboveOptions({ mount, written }: Above) {
  return { options: mount, at: written.around, isMount: true }
}

/** A limit that counts for the whole mount, with what counts where no target gives it. */
function limitOf<K extends 'body' | 'rate' | 'rewrite' | 'compress'>(
  key: K,
  placed: readonly Placed[],
  fallback: NonNullable<Exclude<WrittenTarget, string>[K]> | null,
  { setting, source }: Place,
  findings: Findings,
): NonNullable<Exclude<WrittenTarget, string>[K]> | null {
  const given = givenOnce(key, placed, findings)
  const value = given?.value ?? fallback
  findings.note(
    { setting: [...setting, key], source: given === undefined ? source : [...given.at.source, key] },
    value === null ? 'default' : undefined,
  )
  return value
}

function compressOf(written: WrittenCompress): Compress | false | null {
  if (written === null || written === undefined || written === false) return written ?? null
  const { types, min, applications } = written === true ? {} : written
  return {
    types: types?.map((type) => type.toLowerCase()) ?? defaultCompress.types,
    min: min ?? defaultCompress.min,
    applications: applications ?? defaultCompress.applications,
  }
}

/** A burst of one period, unless it is written. */
function rateOf(written: WrittenRate): Rate | false | null {
  if (written === null || written === undefined || written === false) return written ?? null
  const { requests, per } = written
  const burst = 'burst' in written ? (written.burst ?? requests) : requests
  return { requests, per, burst }
}

function resolveHost(written: string, place: Place, seen: Map<string, string>, findings: Findings): string {
  const host = normalLiteral(written.toLowerCase().replace(/\.$/, ''))
  const bare = host.replace(/^\*\./, '')
  findings.note(place)
  if (/:\d+$/.test(host) || host.includes('/')) {
    findings.error(
      place,
      `"${written}" is more than a host name`,
      'Write the name only, without scheme, port and path',
    )
  } else if (!isHostName(bare) && !/^\[[0-9a-f:.]+\]$/.test(bare)) {
    findings.error(
      place,
      `"${written}" is not a host name`,
      'Write a name such as example.com, or *.example.com for all names below it',
    )
  } else if (seen.has(host)) {
    const before = `Remove it here or in ${seen.get(host)}`
    findings.error(place, `the host "${host}" stands twice in "sites"`, before)
  } else seen.set(host, findings.where(place))
  return host
}

function rawAt(raw: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (node, part) =>
      typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[String(part)] : undefined,
    raw,
  )
}

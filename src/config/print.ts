// Prints the effective configuration as a portico.yaml that loads to the same, with the origin of each value behind it.
// Pure: values in, text out. Colours and streams belong to the command line.

import { stringify } from 'yaml'
import { formatDuration } from '../schema/duration.ts'
import type { SettingPath } from '../schema/path.ts'
import { formatPath } from '../schema/path.ts'
import { formatSize } from '../schema/size.ts'
import {
  type Access,
  type Application,
  type ApplicationLimits,
  type Compress,
  type Effective,
  type Listen,
  type Mount,
  type Options,
  type Rate,
  type RewriteRule,
  type ServerLimits,
  type Service,
  startsScripts,
  type Target,
} from './effective.ts'
import type { Provenance } from './provenance.ts'

type Tree = string | number | boolean | null | readonly Tree[] | { readonly [key: string]: Tree }

/** The comments start in this column where the values leave room. */
const commentColumn = 44

/** YAML with comments; `provenance` comes from load(). */
export function printEffective(effective: Effective, provenance: Provenance): string {
  const lines: string[] = []
  for (const [key, value] of Object.entries(spell(effective)))
    writeEntry(lines, '', key, value, [key], provenance)
  return `${lines.join('\n')}\n`
}

/** The effective configuration in the spelling of portico.yaml: units written out, maps by name. */
export function spell(effective: Effective): { readonly [key: string]: Tree } {
  const [main, ...named] = effective.sites
  return {
    listen: effective.listen.map(spellListen),
    runtime: effective.runtime,
    user: effective.user,
    group: effective.group,
    log: { ...effective.log },
    trusted_proxies: { ...effective.trusted_proxies },
    limits: spellServerLimits(effective.limits),
    spool: {
      directory: effective.spool.directory,
      memory: formatSize(effective.spool.memory),
      total: formatSize(effective.spool.total),
    },
    applications: Object.fromEntries(
      effective.applications
        .filter((application) => !startsScripts(application))
        .map((application) => [application.name, spellApplication(application)]),
    ),
    ...spellServices(effective.services),
    rate: spellRate(main?.rate ?? null),
    compress: spellCompress(main?.compress ?? null),
    ...spellRewrite(main?.rewrite ?? []),
    ...(main === undefined ? {} : spellOptions(main)),
    mounts: spellMounts(main?.mounts ?? [], effective.applications),
    sites: named.map((site) => ({
      hosts: site.hosts,
      log: site.log === null ? null : { ...site.log },
      rate: spellRate(site.rate),
      compress: spellCompress(site.compress),
      ...spellRewrite(site.rewrite),
      ...spellOptions(site),
      mounts: spellMounts(site.mounts, effective.applications),
    })),
  }
}

/** What only a socket's file has is left out where there is none. */
function spellListen({ address, kind, path, mode, owner, group, backlog, proxy_protocol }: Listen): Tree {
  if (kind === 'tcp' || mode === null) return { address, backlog, proxy_protocol }
  const access = { mode: mode.toString(8).padStart(4, '0'), owner, group }
  return { address: `unix:${path}`, ...access, backlog, proxy_protocol }
}

function spellServerLimits(limits: ServerLimits): Tree {
  return {
    head: formatSize(limits.head),
    fields: limits.fields,
    body: formatSize(limits.body),
    head_time: formatDuration(limits.head_time),
    body_idle: formatDuration(limits.body_idle),
    body_rate: formatSize(limits.body_rate),
    write_idle: formatDuration(limits.write_idle),
    keep_alive: formatDuration(limits.keep_alive),
    connections: limits.connections,
    connections_per_address: limits.connections_per_address,
  }
}

/** What is derived from other settings (libpython) is not one, and is left out. */
function spellApplication({
  name: _,
  libpython: __,
  launcher: ___,
  program: ____,
  limits,
  environment,
  environment_file,
  processes,
  processes_min: min,
  health,
  ...rest
}: Application): Tree {
  const range = min === processes ? processes : { min, max: processes }
  const file = environment_file === null ? {} : { environment_file }
  return {
    ...rest,
    processes: range,
    health: health?.path ?? null,
    ...file,
    environment: { ...environment },
    limits: spellApplicationLimits(limits),
  }
}

/** None are left out. */
function spellServices(services: readonly Service[]): { readonly [key: string]: Tree } {
  const spelled = services.map(({ name, environment, environment_file, stop_time, ...rest }) => {
    const file = environment_file === null ? {} : { environment_file }
    return [
      name,
      { ...rest, ...file, environment: { ...environment }, stop_time: formatDuration(stop_time) },
    ] as const
  })
  return services.length === 0 ? {} : { services: Object.fromEntries(spelled) }
}

function spellApplicationLimits(limits: ApplicationLimits): Tree {
  return {
    request_time: formatDuration(limits.request_time),
    output_idle: formatDuration(limits.output_idle),
    queue_time: formatDuration(limits.queue_time),
    queue: limits.queue,
    startup_time: formatDuration(limits.startup_time),
    deadlock_time: formatDuration(limits.deadlock_time),
    drain_time: formatDuration(limits.drain_time),
    stop_time: formatDuration(limits.stop_time),
    output_buffer: formatSize(limits.output_buffer),
    requests: limits.requests,
    memory: formatSize(limits.memory),
    age: formatDuration(limits.age),
    idle_time: formatDuration(limits.idle_time),
  }
}

function spellMounts(mounts: readonly Mount[], applications: readonly Application[]): Tree {
  const entries = mounts.map((mount) => {
    const { body, rate, compress, rewrite } = mount
    const options = {
      body: body === null ? null : formatSize(body),
      rate: spellRate(rate),
      compress: spellCompress(compress),
      ...spellRewrite(rewrite),
      ...spellOptions(mount),
    }
    const spelled = mount.targets.map((target, index) => ({
      ...spellTarget(target, applications),
      ...(index === 0 ? options : {}),
    }))
    if (mount.base !== null) return [mount.prefix, [options]] as const
    return [mount.prefix, spelled] as const
  })
  return Object.fromEntries(entries)
}

/** `false` where there is none, since null would be that of the site. */
function spellOptions({ access, headers, errors, maintenance, sendfile, authorization }: Options): {
  readonly [key: string]: Tree
} {
  return {
    access: access === false ? false : spellAccess(access),
    headers: Object.keys(headers).length === 0 ? false : { ...headers },
    errors: Object.keys(errors).length === 0 ? false : { ...errors },
    maintenance:
      maintenance === false
        ? false
        : { ...maintenance, retry_after: formatDuration(maintenance.retry_after) },
    sendfile: sendfile.length === 0 ? false : spellSendfile(sendfile),
    authorization,
  }
}

/** A list of directories, or a map where each has the start of a path. */
function spellSendfile(roots: Options['sendfile']): Tree {
  const named = roots.flatMap(({ root, prefix }) => (prefix === null ? [] : [[prefix || '/', root] as const]))
  return named.length > 0 ? Object.fromEntries(named) : roots.map(({ root }) => root)
}

/** An empty list is none, and would be refused. */
function spellAccess({ allow, deny, users }: Access): Tree {
  return { allow, deny: deny.length === 0 ? null : deny, users: users === null ? null : { ...users } }
}

function spellRate(rate: Rate | false | null): Tree {
  return rate === null || rate === false ? rate : { ...rate, per: formatDuration(rate.per) }
}

function spellCompress(compress: Compress | false | null): Tree {
  return compress === null || compress === false ? compress : { ...compress, min: formatSize(compress.min) }
}

/** No rules are left out. */
function spellRewrite(rules: readonly RewriteRule[]): { readonly [key: string]: Tree } {
  const spelled = rules.map(({ pattern, to, status }) => [pattern, status === null ? to : { to, status }])
  return rules.length === 0 ? {} : { rewrite: Object.fromEntries(spelled) }
}

/** What starts the scripts of a target stands beside them. */
function spellLauncher(
  application: string,
  applications: readonly Application[],
): { readonly [key: string]: Tree } {
  const found = applications.find(({ name }) => name === application)
  if (found === undefined || found.launcher === null) return {}
  const { threads, python, user, group, environment, environment_file, limits, launcher } = found
  const { cpu, memory, files, processes, file_size } = launcher.rlimits
  return {
    warm: launcher.warm,
    preload: launcher.preload === null ? null : [...launcher.preload],
    concurrency: threads,
    python,
    user,
    group,
    ...(environment_file === null ? {} : { environment_file }),
    environment: { ...environment },
    limits: {
      head_time: formatDuration(limits.request_time),
      output_idle: formatDuration(limits.output_idle),
      time: formatDuration(launcher.time),
      queue_time: formatDuration(limits.queue_time),
      queue: limits.queue,
      output_buffer: formatSize(limits.output_buffer),
      stop_time: formatDuration(limits.stop_time),
      cpu: cpu === undefined ? null : formatDuration(cpu * 1000),
      memory: memory === undefined ? null : formatSize(memory),
      descriptors: files ?? null,
      processes: processes ?? null,
      file_size: file_size === undefined ? null : formatSize(file_size),
    },
  }
}

function spellTarget(target: Target, applications: readonly Application[]): { readonly [key: string]: Tree } {
  switch (target.kind) {
    case 'application':
      return { application: target.application }
    case 'redirect':
      return { redirect: target.location, status: target.status }
    case 'files': {
      const { kind: _, root, cache, types, scripts, application, ...rest } = target
      const launcher = application === null ? {} : { scripts, ...spellLauncher(application, applications) }
      return {
        files: root,
        ...rest,
        cache: typeof cache === 'number' ? formatDuration(cache * 1000) : cache,
        types: { ...types },
        ...launcher,
      }
    }
    case 'cgi': {
      const { kind: _, is: __, path, application, ...rest } = target
      const working = applications.find(({ name }) => name === application)?.launcher?.directory ?? null
      return { cgi: path, ...rest, directory: working, ...spellLauncher(application, applications) }
    }
  }
}

function writeEntry(
  lines: string[],
  indent: string,
  key: string,
  value: Tree,
  path: SettingPath,
  provenance: Provenance,
): void {
  const start = `${indent}${inline(key)}:`
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    lines.push(start)
    for (const [index, item] of value.entries())
      writeItem(lines, `${indent}  `, item, [...path, index], provenance)
  } else if (isTreeMap(value) && Object.keys(value).length > 0) {
    lines.push(start)
    for (const [inner, item] of Object.entries(value)) {
      writeEntry(lines, `${indent}  `, inner, item, [...path, inner], provenance)
    }
  } else lines.push(withOrigin(`${start} ${inline(value)}`, originOf(path, provenance)))
}

/** A map as an item of a list: its first key stands behind the dash. */
function writeItem(
  lines: string[],
  indent: string,
  value: Tree,
  path: SettingPath,
  provenance: Provenance,
): void {
  if (!isTreeMap(value)) {
    lines.push(withOrigin(`${indent}- ${inline(value)}`, originOf(path, provenance)))
    return
  }
  const inner: string[] = []
  for (const [key, item] of Object.entries(value))
    writeEntry(inner, `${indent}  `, key, item, [...path, key], provenance)
  const [first = '', ...rest] = inner
  lines.push(`${indent}- ${first.slice(indent.length + 2)}`, ...rest)
}

/** Of the setting, or of the nearest one around it or first inside it (lists have one origin for their items). */
function originOf(path: SettingPath, provenance: Provenance): string {
  for (let length = path.length; length > 0; length--) {
    const origin =
      provenance[formatPath(path.slice(0, length))] ?? provenance[formatPath([...path.slice(0, length), 0])]
    if (origin !== undefined) return origin
  }
  return 'default'
}

function withOrigin(text: string, origin: string): string {
  return `${text.padEnd(commentColumn - 1)} # ${origin}`
}

function inline(value: Tree): string {
  return stringify(value, { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false }).trimEnd()
}

function isTreeMap(value: Tree): value is { readonly [key: string]: Tree } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

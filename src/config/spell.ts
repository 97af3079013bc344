// The effective configuration in the spelling of portico.yaml. Pure.

import { formatDuration } from '../schema/duration.ts'
import { formatSize } from '../schema/size.ts'
import type {
  Access,
  Application,
  Compress,
  Effective,
  Listen,
  Mount,
  Options,
  Rate,
  RewriteRule,
  ServerLimits,
  Service,
} from './effective.ts'
import { spellApplicationLimits, spellTarget } from './spell-target.ts'
import type { Tree, TreeMap } from './tree.ts'

/** The effective configuration in the spelling of portico.yaml: units written out, maps by name. */
export function spell(effective: Effective): TreeMap {
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
        .filter(({ wsgi }) => wsgi !== '')
        .map((application) => [application.name, spellApplication(application)]),
    ),
    ...spellServices(effective.services),
    rate: spellRate(main?.rate ?? null),
    compress: spellCompress(main?.compress ?? null),
    ...spellRewrite(main?.rewrite ?? []),
    ...(main === undefined ? {} : spellOptions(main)),
    mounts: spellMounts(main?.mounts ?? [], effective),
    sites: named.map((site) => ({
      hosts: site.hosts,
      log: site.log === null ? null : { ...site.log },
      rate: spellRate(site.rate),
      compress: spellCompress(site.compress),
      ...spellRewrite(site.rewrite),
      ...spellOptions(site),
      mounts: spellMounts(site.mounts, effective),
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
function spellServices(services: readonly Service[]): TreeMap {
  const spelled = services.map(({ name, environment, environment_file, stop_time, ...rest }) => {
    const file = environment_file === null ? {} : { environment_file }
    return [
      name,
      { ...rest, ...file, environment: { ...environment }, stop_time: formatDuration(stop_time) },
    ] as const
  })
  return services.length === 0 ? {} : { services: Object.fromEntries(spelled) }
}

function spellMounts(mounts: readonly Mount[], effective: Effective): Tree {
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
      ...spellTarget(target, effective),
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
function spellRewrite(rules: readonly RewriteRule[]): TreeMap {
  const spelled = rules.map(({ pattern, to, status }) => [pattern, status === null ? to : { to, status }])
  return rules.length === 0 ? {} : { rewrite: Object.fromEntries(spelled) }
}

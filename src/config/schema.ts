// What portico.yaml may say: one schema for every section. Units are resolved here; defaults, paths and
// references between settings are not (resolve.ts). Only the supervisor and the command line load zod.
// An empty key (null in YAML) is the same as a key that is not there.

import { z } from 'zod'
import { cgiShape, scriptsShape } from './cgi-schema.ts'
import { gatewayShapes } from './gateway-schema.ts'
import { hintForMounts, hintForNames, hintForRoots, hintForSites } from './habits.ts'
import {
  address,
  cacheTime,
  decodedPath,
  duration,
  environmentVariables,
  expected,
  fileMode,
  filePath,
  flag,
  listOf,
  matching,
  oneOf,
  proxyAddress,
  section,
  size,
  text,
  wholeNumber,
  yet,
} from './leaf.ts'
import { optionShape, redirectStatus } from './option-schema.ts'
import { isMap } from './plain-map.ts'
import { applicationLimits, processesSchema } from './process-schema.ts'
import { services } from './service-schema.ts'
import { meantKind, targetKeys } from './target-kind.ts'

const path = filePath('a path')
const account = text('a name')

const listener = section('listener', {
  address: address(),
  backlog: wholeNumber(1, 65_535, 511).nullish(),
  mode: fileMode().nullish(),
  owner: account.nullish(),
  group: account.nullish(),
  proxy_protocol: flag().nullish(),
})

const serverLimits = section('limits', {
  head: size(1024).nullish(),
  fields: wholeNumber(1, 10_000, 100).nullish(),
  body: size().nullish(),
  head_time: duration().nullish(),
  body_idle: duration().nullish(),
  body_rate: size().nullish(),
  write_idle: duration().nullish(),
  keep_alive: duration().nullish(),
  connections: wholeNumber(1, 1_000_000, 10_000).nullish(),
  connections_per_address: wholeNumber(0, 1_000_000, 100).nullish(),
})

export const modeSchema = oneOf('daemon', 'embedded', 'auto', 'cgi')
export const threadsSchema = wholeNumber(1, 512, 4)
export const listenSchema = address()

const applicationShape = {
  wsgi: text('a WSGI application', 'Write module:callable, for example shop.wsgi:application'),
  directory: path.nullish(),
  python: path.nullish(),
  mode: modeSchema.nullish(),
  processes: processesSchema.nullish(),
  threads: threadsSchema.nullish(),
  preload: flag().nullish(),
  health: matching(
    /^\/[\x21-\x7e]*$/,
    'a path of the application',
    'Paths start with a slash, for example /healthz',
  ).nullish(),
  user: account.nullish(),
  group: account.nullish(),
  environment: environmentVariables().nullish(),
  environment_file: path.nullish(),
  stream_input: flag().nullish(),
  limits: applicationLimits.nullish(),
}
const application = section('application', applicationShape)

const targetShape = { body: size().nullish(), ...optionShape }

const filesTarget = section('files', {
  files: filePath('a directory', hintForRoots),
  index: listOf(
    matching(/^[^/]+$/, 'a file name', 'Write a name without a slash, for example index.html'),
    'a file name',
  ).nullish(),
  fallback: text('a path below the directory', 'For example /index.html').nullish(),
  dotfiles: flag().nullish(),
  symlinks: oneOf('inside', 'any', 'none').nullish(),
  listing: flag().nullish(),
  pass: flag().nullish(),
  precompressed: flag().nullish(),
  cache: cacheTime().nullish(),
  types: z
    .record(
      z.string(),
      matching(
        /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+( *;([\x20-\x7e]*[\x21-\x7e])?)?$/,
        'a media type',
        'Write for example application/wasm, or text/plain; charset=utf-8, in ASCII',
      ),
      {
        error: expected(
          'a map of extensions and media types',
          'Write for example { wasm: application/wasm }',
        ),
      },
    )
    .nullish(),
  ...scriptsShape,
  ...targetShape,
})

const cgiTarget = section('cgi', { ...cgiShape, ...targetShape })

const gateways = gatewayShapes()
const fastcgiTarget = section('fastcgi', { ...gateways.fastcgi, ...targetShape })
const scgiTarget = section('scgi', { ...gateways.scgi, ...targetShape })
const uwsgiTarget = section('uwsgi', { ...gateways.uwsgi, ...targetShape })

const redirectTarget = section('redirect', {
  redirect: matching(
    /^(https?:\/\/|\/)[\x21-\x7e]*$/,
    'an address to redirect to',
    'Write https://... or a path that starts with a slash',
  ),
  status: redirectStatus().nullish(),
  ...targetShape,
})

const namedTarget = section('application by name', {
  application: text('the name of an application'),
  ...targetShape,
})
const targetInPlace = section('application in place', { ...applicationShape, ...targetShape })

/** What a target may say beside its kind. */
export const targetOptions: readonly string[] = Object.keys(targetShape)

/** Says something about a mount without saying what answers there. */
export function isOptionsAlone(value: unknown): boolean {
  if (!isMap(value)) return false
  const keys = Object.keys(value)
  const isTarget = targetKeys.some((key) => keys.includes(key))
  return (
    !isTarget &&
    targetOptions.some((key) => keys.includes(key)) &&
    meantKind(keys, targetOptions) === undefined
  )
}

// Aborts for anything else: of several kinds that do not fit, zod would take the one that only has keys too many.
const optionsTarget = z
  .custom<Record<string, unknown>>(isOptionsAlone, { abort: true })
  .pipe(section('options of a path', targetShape))

const target = z.union(
  [
    text('the name of an application'),
    namedTarget,
    targetInPlace,
    filesTarget,
    cgiTarget,
    fastcgiTarget,
    scgiTarget,
    uwsgiTarget,
    redirectTarget,
    optionsTarget,
  ],
  {
    error: expected('choose:target\na target'),
  },
)
const mounts = z.record(z.string(), listOf(target, 'a target'), {
  error: expected('a map of prefixes and targets', hintForMounts),
})

const accessLogShape = {
  access: filePath('a path, "-" or off', 'For example /var/log/portico/access.log').nullish(),
  format: oneOf('combined', 'common', 'json').nullish(),
  exclude: listOf(decodedPath(), 'a path').nullish(),
}

const site = section('site', {
  hosts: listOf(text('a host name'), 'a host name'),
  log: section('site log', accessLogShape).nullish(),
  mounts: mounts,
  body: size().nullish(),
  ...optionShape,
})

const log = section('log', {
  ...accessLogShape,
  error: filePath('a path, "-" or off', 'For example /var/log/portico/error.log').nullish(),
  level: oneOf('debug', 'info', 'warn', 'error').nullish(),
})

const proxyAddresses = listOf(proxyAddress(), 'an IP address, a network or "unix"')
const trustedProxies = z.union(
  [
    proxyAddresses,
    section('trusted proxies', {
      addresses: proxyAddresses,
      fields: oneOf('auto', 'x-forwarded', 'forwarded').nullish(),
    }),
  ],
  { error: expected('choose:map\na list of addresses') },
)

const applications = z
  .record(
    matching(
      /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
      'the name of an application',
      'Write letters, digits, - and _, at most 64',
    ),
    application,
    { error: expected('a map of names and applications', hintForNames('{ shop: { wsgi: "shop:app" } }')) },
  )
  .nullish()

/** What every file may hold, also one that another includes. */
const sharedShape = {
  include: listOf(filePath('a file or a pattern'), 'a file or a pattern').nullish(),
  applications,
  services,
  mounts: mounts.nullish(),
  sites: z.array(site, { error: expected('a list of sites', hintForSites) }).nullish(),
}

export const includedSchema = section('included file', sharedShape)

export const fileSchema = section('top', {
  listen: listOf(
    z.union([address(), listener], { error: expected('choose:map\nan address to listen on') }),
    'an address',
  ).nullish(),
  runtime: path.nullish(),
  user: account.nullish(),
  group: account.nullish(),
  server: section('server', {
    processes: yet('server.processes', wholeNumber(1, 64, 1)).nullish(),
  }).nullish(),
  log: log.nullish(),
  trusted_proxies: trustedProxies.nullish(),
  limits: serverLimits.nullish(),
  spool: section('spool', {
    directory: path.nullish(),
    memory: size().nullish(),
    total: size().nullish(),
  }).nullish(),
  ...optionShape,
  ...sharedShape,
})

export type WrittenFile = z.output<typeof fileSchema>
export type WrittenAddress = z.output<typeof listenSchema>
export type WrittenListener = z.output<typeof listener>
export type WrittenApplication = z.output<typeof application>
export type WrittenTarget = z.output<typeof target>
export type WrittenMounts = z.output<typeof mounts>

// What portico.yaml may say: one schema for every section. Units are resolved here; defaults, paths and
// references between settings are not (resolve.ts). Only the supervisor and the command line load zod.
// An empty key (null in YAML) is the same as a key that is not there.

import { z } from 'zod'
import { mostRequests } from '../schema/rate.ts'
import {
  address,
  cacheTime,
  clientAddress,
  duration,
  expected,
  fileMode,
  flag,
  listOf,
  matching,
  off,
  oneOf,
  proxyAddress,
  shortRate,
  size,
  text,
  wholeNumber,
  yet,
} from './leaf.ts'

/** A map with known keys; issues.ts reads the section's name and keys from the message. */
function section<T extends z.ZodRawShape>(name: string, shape: T) {
  const keys = Object.keys(shape).join(',')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `${name}\n${keys}` : 'a map of settings\n'),
  })
}

const path = text('a path')
const account = text('a name')

const listener = section('listener', {
  address: address(),
  backlog: wholeNumber(1, 65_535).nullish(),
  mode: fileMode().nullish(),
  owner: account.nullish(),
  group: account.nullish(),
  proxy_protocol: flag().nullish(),
})

const serverLimits = section('limits', {
  head: size(1024).nullish(),
  fields: wholeNumber(1, 10_000).nullish(),
  body: size().nullish(),
  head_time: duration().nullish(),
  body_idle: duration().nullish(),
  body_rate: size().nullish(),
  write_idle: duration().nullish(),
  keep_alive: duration().nullish(),
  connections: wholeNumber(1, 1_000_000).nullish(),
  connections_per_address: wholeNumber(0, 1_000_000).nullish(),
})

const applicationLimits = section('application limits', {
  request_time: duration().nullish(),
  output_idle: duration().nullish(),
  queue_time: duration().nullish(),
  queue: wholeNumber(0, 1_000_000).nullish(),
  startup_time: duration(1).nullish(),
  drain_time: duration(1).nullish(),
  stop_time: duration().nullish(),
  output_buffer: size().nullish(),
  requests: wholeNumber(0, 1_000_000_000).nullish(),
  memory: size().nullish(),
  age: duration().nullish(),
  idle_time: yet('application.limits.idle_time', duration()).nullish(),
})

export const modeSchema = yet('application.mode', oneOf('daemon', 'embedded', 'auto', 'cgi'))
const processRange = section('processes', { min: wholeNumber(0, 512), max: wholeNumber(1, 512) })
export const processesSchema = yet(
  'application.processes',
  z.union([wholeNumber(1, 512), processRange], {
    error: expected('choose:map\na whole number from 1 to 512'),
  }),
)
export const threadsSchema = wholeNumber(1, 512)
export const listenSchema = address()

const applicationShape = {
  wsgi: text('a WSGI application', 'Write module:callable, for example shop.wsgi:application'),
  directory: path.nullish(),
  python: path.nullish(),
  mode: modeSchema.nullish(),
  processes: processesSchema.nullish(),
  threads: threadsSchema.nullish(),
  preload: yet('application.preload', flag()).nullish(),
  user: account.nullish(),
  group: account.nullish(),
  environment: z
    .record(
      matching(
        /^[A-Za-z_][A-Za-z0-9_]*$/,
        'the name of an environment variable',
        'Write letters, digits and underscores',
      ),
      z.string({ error: expected('text', 'Write "" for an empty value') }),
      { error: expected('a map of names and values') },
    )
    .nullish(),
  environment_file: path.nullish(),
  stream_input: flag().nullish(),
  limits: applicationLimits.nullish(),
}
const application = section('application', applicationShape)

const rate = z
  .union(
    [
      shortRate(),
      section('rate', {
        requests: wholeNumber(1, mostRequests),
        per: duration(1),
        burst: wholeNumber(1, mostRequests).nullish(),
      }),
    ],
    { error: expected('choose:map\na rate') },
  )
  .nullish()

const clientAddresses = listOf(clientAddress(), 'an IP address, a network, "unix" or "all"')
const access = z
  .union(
    [
      off(),
      section('access', {
        allow: clientAddresses.nullish(),
        deny: clientAddresses.nullish(),
        users: z
          .union(
            [
              text('the path of a file of users'),
              section('users', {
                file: text('the path of a file of users', 'Make it with: htpasswd -B -c FILE NAME'),
                realm: matching(
                  /^[\x20-\x7e]{1,100}$/,
                  'a name for what is protected',
                  'Write up to 100 letters and signs of ASCII',
                ).nullish(),
              }),
            ],
            { error: expected('choose:map\na file of users') },
          )
          .nullish(),
      }),
    ],
    { error: expected('choose:map\nwho may come') },
  )
  .nullish()

const fieldName = matching(
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/,
  'the name of a field',
  'Write a name such as X-Frame-Options',
)
const fieldValue = matching(
  /^(?! )[\x20-\x7e]{0,4000}(?<! )$/,
  'the value of a field, or null to remove it',
  'Write ASCII in one line, without blanks at its ends, in quotes where it is a number',
).nullable()
const headers = z
  .union([off(), z.record(fieldName, fieldValue, { error: expected('a map of fields and values') })], {
    error: expected('choose:map\nfields of answers'),
  })
  .nullish()

const maintenance = z
  .union(
    [
      z.union([off(), z.literal(true), text('a page')], {
        error: expected('true, the path of a page, a map of settings or off'),
      }),
      section('maintenance', {
        page: text('the path of a page').nullish(),
        allow: clientAddresses.nullish(),
        retry_after: duration(1000).nullish(),
      }),
    ],
    { error: expected('choose:map\nmaintenance') },
  )
  .nullish()

const errors = z
  .union(
    [
      off(),
      z.record(
        matching(
          /^(4\d\d|5\d\d|4xx|5xx)$/,
          'a status of errors',
          'Write one from 400 to 599, or 4xx or 5xx for all others',
        ),
        text('the path of a page'),
        { error: expected('a map of statuses and pages') },
      ),
    ],
    { error: expected('choose:map\npages by status') },
  )
  .nullish()

/** Of mounts, by one of their targets, and of sites. */
const optionShape = { access, headers, errors, maintenance }
const redirectStatus = () =>
  z.literal([301, 302, 303, 307, 308], {
    error: expected('a redirect status', 'Write 301, 302, 303, 307 or 308'),
  })

const rewriteTarget = text('a path or an address', 'For example /new/$1 or https://example.com/$1')
const rewrite = z
  .record(
    z.string(),
    z.union([rewriteTarget, section('rewrite rule', { to: rewriteTarget, status: redirectStatus() })], {
      error: expected('choose:map\na path or an address'),
    }),
    { error: expected('a map of patterns and targets', 'Write for example { "/old/*": "/new/$1" }') },
  )
  .nullish()

const compress = z
  .union(
    [
      flag(),
      section('compress', {
        types: listOf(
          matching(
            /^([\w.+-]+\/([\w.+-]+|\*)|\*\+[\w.-]+)$/,
            'a media type',
            'Write for example text/html, text/* or *+json',
          ),
          'a media type',
        ).nullish(),
        min: size().nullish(),
        applications: flag().nullish(),
      }),
    ],
    { error: expected('choose:map\ntrue or false') },
  )
  .nullish()

const targetShape = { body: size().nullish(), rate, rewrite, compress, ...optionShape }

const filesTarget = section('files', {
  files: text('a directory'),
  index: listOf(
    matching(/^[^/]+$/, 'a file name', 'Write a name without a slash, for example index.html'),
    'a file name',
  ).nullish(),
  fallback: text('a path below the directory', 'For example /index.html').nullish(),
  dotfiles: flag().nullish(),
  symlinks: oneOf('inside', 'any', 'none').nullish(),
  listing: flag().nullish(),
  precompressed: flag().nullish(),
  cache: cacheTime().nullish(),
  types: z
    .record(
      z.string(),
      matching(
        /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;.*)?$/,
        'a media type',
        'Write for example application/wasm',
      ),
      { error: expected('a map of extensions and media types') },
    )
    .nullish(),
  ...targetShape,
})

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

/** The keys that make a map a target of a kind, in the order of the union below, where the name alone comes first. */
export const targetKeys: readonly string[] = ['application', 'wsgi', 'files', 'redirect']

const target = z.union(
  [text('the name of an application'), namedTarget, targetInPlace, filesTarget, redirectTarget],
  {
    error: expected('choose:target\na target'),
  },
)
const mounts = z.record(z.string(), listOf(target, 'a target'), {
  error: expected('a map of prefixes and targets'),
})

const accessLogShape = {
  access: text('a path, "-" or off').nullish(),
  format: oneOf('combined', 'common', 'json').nullish(),
  exclude: listOf(
    matching(/^\//, 'a path', 'Paths start with a slash, for example /health'),
    'a path',
  ).nullish(),
}

const site = section('site', {
  hosts: listOf(text('a host name'), 'a host name'),
  log: section('site log', accessLogShape).nullish(),
  mounts: mounts,
  body: size().nullish(),
  rate,
  rewrite,
  compress,
  ...optionShape,
})

const log = section('log', {
  ...accessLogShape,
  error: text('a path, "-" or off').nullish(),
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
    { error: expected('a map of names and applications') },
  )
  .nullish()

/** What every file may hold, also one that another includes. */
const sharedShape = {
  include: listOf(text('a file or a pattern'), 'a file or a pattern').nullish(),
  applications,
  mounts: mounts.nullish(),
  sites: z.array(site, { error: expected('a list of sites') }).nullish(),
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
  server: section('server', { processes: yet('server.processes', wholeNumber(1, 64)).nullish() }).nullish(),
  log: log.nullish(),
  trusted_proxies: trustedProxies.nullish(),
  limits: serverLimits.nullish(),
  spool: section('spool', {
    directory: path.nullish(),
    memory: size().nullish(),
    total: size().nullish(),
  }).nullish(),
  rate,
  rewrite,
  compress,
  ...optionShape,
  ...sharedShape,
})

export type WrittenFile = z.output<typeof fileSchema>
export type WrittenAddress = z.output<typeof listenSchema>
export type WrittenListener = z.output<typeof listener>
export type WrittenApplication = z.output<typeof application>
export type WrittenTarget = z.output<typeof target>
export type WrittenOptions = { readonly [K in keyof typeof optionShape]?: z.output<(typeof optionShape)[K]> }
export type WrittenAccess = z.output<typeof access>
export type WrittenHeaders = z.output<typeof headers>
export type WrittenMaintenance = z.output<typeof maintenance>
export type WrittenErrors = z.output<typeof errors>
export type WrittenRate = z.output<typeof rate>
export type WrittenCompress = z.output<typeof compress>
export type WrittenRewrite = z.output<typeof rewrite>
export type WrittenMounts = z.output<typeof mounts>

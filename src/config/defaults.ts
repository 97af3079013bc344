// The defaults of every setting that has one, in ms and octets (DESIGN sections 4 and 6).
// Defaults that depend on the machine (runtime, python, processes) are found where they are resolved.

import type {
  ApplicationLimits,
  Compress,
  External,
  FilesTarget,
  LogSettings,
  ServerLimits,
  Service,
  TrustedProxies,
} from './effective.ts'

const KiB = 1024
const MiB = 1024 * KiB
const second = 1000

export const defaultListen = '127.0.0.1:8000'
export const defaultBacklog = 511
/** A port of the machine is open to all its users, and so is a socket unless somebody says otherwise. */
export const defaultSocketMode = 0o666
export const defaultThreads = 4
/** More processes than this are asked for by number: each one holds a copy of the application. */
export const mostDefaultProcesses = 4
export const defaultRedirectStatus = 302

export const defaultServerLimits: ServerLimits = {
  head: 32 * KiB,
  fields: 100,
  body: 100 * MiB,
  head_time: 15 * second,
  body_idle: 20 * second,
  body_rate: 500,
  write_idle: 60 * second,
  keep_alive: 15 * second,
  connections: 10_000,
  // Enough for hundreds of people behind one address, and a tenth of what there is.
  connections_per_address: 1000,
}

export const defaultApplicationLimits: ApplicationLimits = {
  request_time: 60 * second,
  output_idle: 60 * second,
  queue_time: 45 * second,
  queue: 500,
  startup_time: 60 * second,
  // As long as mod_wsgi gives: code in C may keep the lock of the interpreter for minutes and mean no harm.
  deadlock_time: 300 * second,
  drain_time: 60 * second,
  stop_time: 15 * second,
  output_buffer: 256 * MiB,
  requests: 0,
  memory: 0,
  age: 0,
  idle_time: 300_000,
}

/** Of CGI scripts; `head_time` is their request_time. */
export const defaultScriptLimits = {
  head_time: 60 * second,
  output_idle: defaultApplicationLimits.output_idle,
  // A clone of a large repository takes long; what nobody waits for any more holds its place until then.
  time: 3600 * second,
  queue_time: defaultApplicationLimits.queue_time,
  queue: defaultApplicationLimits.queue,
  output_buffer: defaultApplicationLimits.output_buffer,
  stop_time: defaultApplicationLimits.stop_time,
}
/** Scripts at once. */
export const defaultConcurrency = 16

/** php-fpm of Debian has five processes. A connection that is kept holds one of them, so it is not kept for long. */
export const defaultExternal: Omit<External, 'name' | 'wire' | 'addresses'> = {
  connections: 8,
  idle: 2 * second,
  connect_time: 5 * second,
  request_time: defaultApplicationLimits.request_time,
  output_idle: defaultApplicationLimits.output_idle,
  queue_time: defaultApplicationLimits.queue_time,
  queue: defaultApplicationLimits.queue,
  output_buffer: defaultApplicationLimits.output_buffer,
}

/** Of programs that are started for FastCGI: most serve one connection at a time (libfcgi). */
export const defaultProgramConnections = 1
export const defaultProgramProcesses = { min: 1, max: 4 }

/** Of PHP. */
export const defaultScripts = { scripts: ['.php'], index: ['index.php', 'index.html'] }

export const defaultService: Pick<Service, 'stop_time' | 'stop_signal'> = {
  stop_time: 15 * second,
  stop_signal: 'TERM',
}

export const defaultLog: LogSettings = {
  access: '-',
  format: 'combined',
  error: '-',
  level: 'info',
  exclude: [],
}

export const defaultProxies: TrustedProxies = { addresses: [], fields: 'auto' }

export const defaultSpool = { directory: '/var/tmp', memory: 128 * KiB, total: 1024 * MiB }

export const defaultFiles: Omit<
  FilesTarget,
  'kind' | 'root' | 'cache' | 'types' | 'scripts' | 'application'
> = {
  index: ['index.html'],
  fallback: null,
  dotfiles: false,
  symlinks: 'inside',
  listing: false,
  pass: true,
  precompressed: false,
}

/** What gets smaller; images, video and archives are compressed already. */
export const defaultCompress: Compress = {
  types: [
    'text/*',
    '*+json',
    '*+xml',
    'application/javascript',
    'application/json',
    'application/rtf',
    'application/vnd.ms-fontobject',
    'application/wasm',
    'application/x-javascript',
    'application/xml',
    'font/otf',
    'font/ttf',
    'image/bmp',
    'image/vnd.microsoft.icon',
  ],
  min: 1024,
  applications: false,
}

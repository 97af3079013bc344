// The effective configuration: defaults applied, units resolved (ms, octets), paths absolute, frozen, JSON-safe.
// Keys keep the spelling of portico.yaml. What the file may say is schema.ts; this is what the server runs on.

import type { ExternalAddress } from '../backend/external/address.ts'
import type { LauncherSpec, ProgramSpec } from '../process/application-spec.ts'
import type { StopSignal } from '../process/service/service-spec.ts'

/** How those are called that are neither scripts nor WSGI. */
export const wires = ['fastcgi', 'scgi', 'uwsgi'] as const
export type Wire = (typeof wires)[number]

export type Mode = 'daemon' | 'embedded' | 'cgi'

export interface Listen {
  /** As written, for tables and messages. */
  readonly address: string
  readonly kind: 'tcp' | 'unix'
  /** Host without brackets; '' for every address. Empty for unix. */
  readonly host: string
  readonly port: number
  /** Path of a unix socket, else ''. */
  readonly path: string
  readonly backlog: number
  /** Permissions of the socket's file; null for tcp. */
  readonly mode: number | null
  /** Who owns the file, by name; null leaves it to who starts the server. */
  readonly owner: string | null
  readonly group: string | null
  /** Only trusted proxies, behind a header of the PROXY protocol. */
  readonly proxy_protocol: boolean
}

export interface ServerLimits {
  readonly head: number
  readonly fields: number
  readonly body: number
  readonly head_time: number
  readonly body_idle: number
  readonly body_rate: number
  readonly write_idle: number
  readonly keep_alive: number
  readonly connections: number
  /** Of one client, 0 = off. */
  readonly connections_per_address: number
}

export interface ApplicationLimits {
  readonly request_time: number
  readonly output_idle: number
  readonly queue_time: number
  readonly queue: number
  readonly startup_time: number
  readonly deadlock_time: number
  readonly drain_time: number
  readonly stop_time: number
  readonly output_buffer: number
  readonly requests: number
  readonly memory: number
  readonly age: number
  readonly idle_time: number
}

export interface Application {
  readonly name: string
  /** As written: module:callable, a file path, module:factory(); '' for what starts the scripts of a mount. */
  readonly wsgi: string
  readonly directory: string
  /** Absolute path of the interpreter, or of a venv's interpreter; '' where what starts scripts has to do without one. */
  readonly python: string
  readonly mode: Mode
  /** Embedded: path of the libpython that belongs to `python`; null in other modes. */
  readonly libpython: string | null
  /** At most; 1 or more. */
  readonly processes: number
  /** At least; the same where there is no range, 0 where the first request starts one. */
  readonly processes_min: number
  readonly threads: number
  /** Workers are forked from one process that has imported the application. */
  readonly preload: boolean
  readonly user: string | null
  readonly group: string | null
  /** environment_file and environment, merged; nothing is inherited that is not listed here or in the worker's allow-list. */
  readonly environment: Readonly<Record<string, string>>
  /** Absolute path of the file that `environment` comes from in part. */
  readonly environment_file: string | null
  readonly stream_input: boolean
  /** How programs are started: for the scripts of a mount, and with mode: cgi once the server adds it; else null. */
  readonly launcher: LauncherSpec | null
  /** What is started in the place of an interpreter: an application of any language; else null. */
  readonly program: ProgramSpec | null
  /** What a new worker is asked before it takes requests; null: nothing. */
  readonly health: Health | null
  readonly limits: ApplicationLimits
}

/** It is no application of anybody's: it starts the scripts of a mount. */
export function startsScripts({ wsgi, launcher }: Application): boolean {
  return wsgi === '' && launcher !== null
}

/** Another program that is kept running. */
export interface Service {
  readonly name: string
  /** The absolute path of a program, and its arguments. */
  readonly command: readonly string[]
  readonly directory: string
  readonly user: string | null
  readonly group: string | null
  /** As that of an application. */
  readonly environment: Readonly<Record<string, string>>
  readonly environment_file: string | null
  readonly stop_time: number
  readonly stop_signal: StopSignal
}

/** A GET of the worker's own; in portico.yaml the path alone. */
export interface Health {
  /** Below the script name, with a query if there is one. */
  readonly path: string
  /** Of the first mount of the application. */
  readonly script_name: string
  /** A name that its site has. */
  readonly host: string
}

export interface FilesTarget {
  readonly kind: 'files'
  readonly root: string
  readonly index: readonly string[]
  /** A path below the root that answers what does not exist (single-page applications), or null. */
  readonly fallback: string | null
  readonly dotfiles: boolean
  readonly symlinks: 'inside' | 'any' | 'none'
  /** Directories without an index are answered with a page of what is in them. */
  readonly listing: boolean
  /** A file's neighbours .br, .zst and .gz stand for it where the client takes them. */
  readonly precompressed: boolean
  /** What does not exist is passed on to the next target, and then to the next shorter mount. */
  readonly pass: boolean
  /** max-age in seconds for Cache-Control, or for ever; null sends none. */
  readonly cache: number | 'immutable' | null
  /** Media types by extension, without the dot. */
  readonly types: Readonly<Record<string, string>>
  /** Endings, with their dot, of the names of CGI scripts among the files. */
  readonly scripts: readonly string[]
  /** Key in `applications` of what starts them; null where there are none. */
  readonly application: string | null
}

/** CGI scripts. */
export interface CgiTarget {
  readonly kind: 'cgi'
  /** Absolute path of a directory of scripts, or of the one that answers. */
  readonly path: string
  readonly is: 'directory' | 'script'
  /** Endings of their names; empty: every file in the directory is one. */
  readonly scripts: readonly string[]
  /** Scripts that answer for a directory. */
  readonly index: readonly string[]
  readonly symlinks: 'inside' | 'any' | 'none'
  /** Key in `applications` of what starts them. */
  readonly application: string
}

export interface ApplicationTarget {
  readonly kind: 'application'
  /** Key in `applications`. */
  readonly application: string
}

/** An application that answers over a wire, wherever it lives. */
export interface GatewayTarget {
  readonly kind: 'gateway'
  readonly wire: Wire
  /** Key in `externals`, or in `applications` when it is started here. */
  readonly application: string
  /** Which files of a directory are scripts of its, and what lies beside them; null: it answers for the whole mount. */
  readonly scripts: ScriptDirectory | null
}

export interface ScriptDirectory {
  /** Endings, with their dot, in any case, of the names of scripts. */
  readonly endings: readonly string[]
  /** Scripts that answer for their directory, in order. */
  readonly index: readonly string[]
  /** Path below the root of the script that answers for what does not exist, or null. */
  readonly front: string | null
  /** The files beside them; never the scripts. */
  readonly files: FilesTarget
}

/** An application that somebody else keeps alive. */
export interface External {
  readonly name: string
  readonly wire: Wire
  readonly addresses: readonly ExternalAddress[]
  /** To each address, at most. */
  readonly connections: number
  readonly idle: number
  readonly connect_time: number
  readonly request_time: number
  readonly output_idle: number
  readonly queue_time: number
  readonly queue: number
  readonly output_buffer: number
}

export interface RedirectTarget {
  readonly kind: 'redirect'
  readonly location: string
  readonly status: number
}

export type Target = FilesTarget | CgiTarget | GatewayTarget | ApplicationTarget | RedirectTarget

/** Requests of one client. */
export interface Rate {
  readonly requests: number
  readonly per: number
  readonly burst: number
}

export interface Compress {
  /** 'text/html', 'text/*', '*+json'. */
  readonly types: readonly string[]
  /** Octets; smaller answers stay as they are. */
  readonly min: number
  /** Answers of applications, too. */
  readonly applications: boolean
}

/** In portico.yaml a pair of the map `rewrite`. */
export interface RewriteRule {
  readonly pattern: string
  readonly to: string
  /** Of a redirect; null where there is none, or the address alone says that it is one. */
  readonly status: number | null
}

/** Who may come: addresses, then users; both must admit. */
export interface Access {
  /** IP addresses, networks, "unix" and "all" as written; null admits every address. */
  readonly allow: readonly string[] | null
  /** Counts before `allow`. */
  readonly deny: readonly string[]
  readonly users: AccessUsers | null
}

export interface AccessUsers {
  /** Absolute path of a file as htpasswd writes it. */
  readonly file: string
  readonly realm: string
}

/** Closed for a while. */
export interface Maintenance {
  /** Absolute path of a page; null takes that of Portico. */
  readonly page: string | null
  /** Who may pass: IP addresses, networks, "unix" and "all" as written. */
  readonly allow: readonly string[]
  readonly retry_after: number
}

/** A directory whose files applications may name in place of an answer. */
export interface SendfileRoot {
  /** Absolute path. */
  readonly root: string
  /** Where X-Accel-Redirect finds it: '/a/b', '' for every path; null where only X-Sendfile does. */
  readonly prefix: string | null
}

/** What sites say of all their mounts; a mount has what counts for it, its own or that of its site. */
export interface Options {
  /** false admits everybody. */
  readonly access: Access | false
  /** Fields of answers by name, as written; null removes a field. */
  readonly headers: Readonly<Record<string, string | null>>
  /** Absolute paths of pages by status: '404', '5xx'. */
  readonly errors: Readonly<Record<string, string>>
  readonly maintenance: Maintenance | false
  /** Empty leaves the fields of applications alone. */
  readonly sendfile: readonly SendfileRoot[]
  /** CGI scripts get the field Authorization, too; applications always do. */
  readonly authorization: boolean
}

export interface Mount extends Options {
  /** '/' or '/a/b' without a slash at the end. */
  readonly prefix: string
  /** Tried in order. */
  readonly targets: readonly Target[]
  /** Prefix of the mount whose targets answer here in its place, where this one has only options; null: its own. */
  readonly base: string | null
  /** Body limit in octets; null takes limits.body. */
  readonly body: number | null
  /** null takes that of the site, false is none. */
  readonly rate: Rate | false | null
  /** null takes that of the site, false is none. */
  readonly compress: Compress | false | null
  /** The first that matches counts. */
  readonly rewrite: readonly RewriteRule[]
}

export interface Site extends Options {
  /** Lower case, 'example.com' or '*.example.com'; empty for the default site. */
  readonly hosts: readonly string[]
  /** Of all mounts together that have none of their own. */
  readonly rate: Rate | null
  /** Of all mounts that say nothing else. */
  readonly compress: Compress | null
  readonly rewrite: readonly RewriteRule[]
  /** null takes that of the server. */
  readonly log: SiteLog | null
  readonly mounts: readonly Mount[]
}

export interface SiteLog {
  /** '-' stdout, 'off', or an absolute path. */
  readonly access: string
  readonly format: 'combined' | 'common' | 'json'
  readonly exclude: readonly string[]
}

export interface LogSettings extends SiteLog {
  /** '-' stderr, 'off', or an absolute path. */
  readonly error: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
}

export interface TrustedProxies {
  /** IP addresses, networks and "unix" as written. */
  readonly addresses: readonly string[]
  /** Which fields decide: see forwarded.ts. */
  readonly fields: 'auto' | 'x-forwarded' | 'forwarded'
}

export interface Effective {
  /** Absolute path of the configuration file, or of the directory that was detected. */
  readonly origin: string
  /** Absolute paths of files that are the server's own: of configuration, secrets and logs. */
  readonly own_files: readonly string[]
  readonly listen: readonly Listen[]
  /** Absolute directory for sockets; created by the supervisor. */
  readonly runtime: string
  readonly user: string | null
  readonly group: string | null
  readonly log: LogSettings
  readonly trusted_proxies: TrustedProxies
  readonly limits: ServerLimits
  readonly spool: { readonly directory: string; readonly memory: number; readonly total: number }
  readonly applications: readonly Application[]
  readonly externals: readonly External[]
  readonly services: readonly Service[]
  /** The default site first, then the named ones. */
  readonly sites: readonly Site[]
}

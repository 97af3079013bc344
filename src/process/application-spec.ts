// What this folder needs to know of an application and of the place where its workers live.
// The keys are those of the effective configuration: an Application of config/effective.ts is assignable.

import type { Identity } from './identity/identity.ts'
import type { WearLimits } from './wear.ts'

export interface ApplicationSpec {
  readonly name: string
  readonly wsgi: string
  readonly directory: string
  /** Absolute path of an interpreter; '' of a launcher: there is none, and Node runs the one that needs none. */
  readonly python: string
  /** Workers, at most. */
  readonly processes: number
  /** Workers, at least. */
  readonly processes_min: number
  readonly threads: number
  /** Workers are forked from one process that has imported the application. */
  readonly preload: boolean
  readonly user: string | null
  readonly group: string | null
  readonly environment: Readonly<Record<string, string>>
  /** Absolute path; watched with --reload. */
  readonly environment_file: string | null
  /** What it is when its worker is not the application but starts a program for each request (CGI). */
  readonly launcher: LauncherSpec | null
  /** What it is when it is a program of somebody else that answers over a wire of ours; `wsgi` and `python` are '' then. */
  readonly program: ProgramSpec | null
  /** What a new worker asks its application before it takes requests. */
  readonly health: { readonly path: string; readonly script_name: string; readonly host: string } | null
  /** Milliseconds. */
  readonly limits: WearLimits & {
    readonly startup_time: number
    /** How long the interpreter of a worker may not run at all; 0 = off. */
    readonly deadlock_time: number
    readonly drain_time: number
    readonly stop_time: number
    readonly idle_time: number
  }
}

/** A FastCGI or SCGI application server that we start and keep; `threads` says how many connections a process serves at once. */
export interface ProgramSpec {
  /**
   * Absolute path of a program, and its arguments. `{socket}` in an argument stands for the path of its socket, which the
   * program then binds itself; without it the listening socket is its descriptor 0 (FastCGI 1.0 section 2.2).
   */
  readonly command: readonly string[]
  /** What it speaks. */
  readonly wire: 'fastcgi' | 'scgi'
}

/** How a launcher starts programs (python/portico_worker/cgi, or src/launcher where there is no Python). */
export interface LauncherSpec {
  /** Program and arguments of every request; null: the script that the request names. */
  readonly command: readonly string[] | null
  /** Working directory; null: that of the script. */
  readonly directory: string | null
  /** Where the real path of a script has to lie; null: anywhere. */
  readonly roots: readonly string[] | null
  /** Scripts of Python are forked from an interpreter that is started already; 'auto': where that can be had. */
  readonly warm: 'auto' | boolean
  /** Modules that such an interpreter has imported; null: what such scripts commonly import. */
  readonly preload: readonly string[] | null
  /** What a program may take in all, milliseconds; 0: no end. */
  readonly time: number
  /** Resource limits (setrlimit) in their own units: seconds, octets, numbers. */
  readonly rlimits: Readonly<Record<string, number>>
}

/** The servers of others are served: workers accept on one socket, which is bound and may not listen yet. */
export interface ServeSpec {
  readonly protocol: 'fastcgi' | 'scgi'
  /** Of the supervisor. */
  readonly descriptor: number
  /** Requests that wait for a thread of a worker, at most. */
  readonly queue: number
  /** Where the application is taken to be mounted, '' for the root; null: where the other server says. */
  readonly script_name: string | null
}

/** The same for every worker of an application. */
export interface WorkerPlace {
  /** Path of the package python/portico_worker. */
  readonly packagePath: string
  /** Path of the launcher that Node runs (src/launcher). */
  readonly launcherPath: string
  /**
   * Directory of the application's sockets, made by runtime-directory.ts. Where the supervisor binds them (`isBoundByUs`) it
   * is one that the application's user cannot change.
   */
  readonly socketDirectory: string
  /** 0o600 when all run as one user, else 0o660. */
  readonly socketMode: number
  /** Makes that directory again when somebody has removed it; throws, saying why, when that cannot be. */
  readonly restore?: () => void
  /** 'Portico/0.1.0' */
  readonly serverSoftware: string
  /** The supervisor's own environment, from which worker-environment.ts picks. */
  readonly inherited: Readonly<Record<string, string | undefined>>
  /** Whom the workers run as; null: who the supervisor is. */
  readonly identity: Identity | null
  /** Whom they serve in the place of our HTTP processes. */
  readonly serve?: ServeSpec
}

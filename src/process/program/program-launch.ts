// What a new worker that is a program of somebody else is given. Pure.

import { join } from 'node:path'
import type { ApplicationSpec, ProgramSpec, WorkerPlace } from '../application-spec.ts'
import type { Identity } from '../identity/identity.ts'
import type { OutputLimits } from '../worker/output-budget.ts'
import { workerEnvironment } from '../worker/worker-environment.ts'

const socketName = '{socket}'

export interface ProgramLaunch {
  /** Unique in the life of the supervisor. */
  readonly worker: number
  readonly application: string
  /** The absolute path of the program, and its arguments. */
  readonly command: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** Whom it runs as, from its first instruction on; null: who we are. */
  readonly identity: Identity | null
  readonly socket: string
  readonly socketMode: number
  /** It makes the socket; else it gets it as its descriptor 0. */
  readonly bindsItself: boolean
  /** Time from spawn to ready, milliseconds. */
  readonly startupMs: number
  readonly outputLimits?: OutputLimits
  /** As that of a worker of Python. */
  readonly restore?: (() => void) | undefined
}

/** The supervisor makes the sockets of its workers, in a directory of its own. */
export function isBoundByUs({ program }: Pick<ApplicationSpec, 'program'>): boolean {
  return program !== null && !bindsItself(program)
}

/** php-cgi would end after 500 requests; how many a process gets is said in limits.requests. */
const knownDefaults = { PHP_FCGI_MAX_REQUESTS: '0' }

export function programLaunch(
  application: ApplicationSpec,
  program: Pick<ProgramSpec, 'command'>,
  place: WorkerPlace,
  worker: number,
): ProgramLaunch {
  const socket = join(place.socketDirectory, `w${worker}.sock`)
  const [file = '', ...args] = program.command
  const environment = { ...knownDefaults, ...application.environment }
  return {
    worker,
    application: application.name,
    command: [file, ...args.map((argument) => argument.replaceAll(socketName, () => socket))],
    directory: application.directory,
    environment: workerEnvironment({ python: file, environment }, place),
    identity: place.identity,
    socket,
    socketMode: place.socketMode,
    bindsItself: bindsItself(program),
    startupMs: application.limits.startup_time,
    restore: place.restore,
  }
}

function bindsItself({ command }: Pick<ProgramSpec, 'command'>): boolean {
  return command.slice(1).some((argument) => argument.includes(socketName))
}

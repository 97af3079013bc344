// The worker control protocol, supervisor's side: one JSON object a line on descriptor 3 of the worker.
// Pure. A worker runs somebody else's program, so nothing in its lines is trusted to have the promised shape.

/** The longest line a worker may send, octets: the stacks of many threads fit. */
export const controlLineBytes = 1024 * 1024

import { constants } from 'node:os'
import type { ApplicationSpec, ServeSpec } from '../application-spec.ts'
import type { Exit } from '../messages.ts'
import { parseJsonLine } from './json-line.ts'

/** The supervisor's first line. Nothing of it is on the command line, where other users could read it. */

export interface WorkerConfiguration {
  readonly application: string
  readonly wsgi: string
  readonly directory: string
  readonly socket: string
  readonly socket_mode: number
  readonly threads: number
  readonly environment: Readonly<Record<string, string>>
  readonly user: string | null
  readonly group: string | null
  readonly server_software: string
  readonly multiprocess: boolean
  /** Say which files the application is made of, and show its exceptions to who asks (development). */
  readonly reload: boolean
  /** Where it says what its threads did when it crashed. */
  readonly crash_descriptor: number
  readonly health: ApplicationSpec['health']
  /** It imports the application and forks workers, which get lines of their own. */
  readonly preload?: true
  /** The servers of others are served, on a socket that it inherits. */
  readonly serve?: ServeSpec
}

/** The same of a launcher, which starts a program for each request. */
export interface LauncherConfiguration {
  readonly application: string
  readonly socket: string
  readonly socket_mode: number
  readonly crash_descriptor: number
  readonly user: string | null
  readonly group: string | null
  /** Programs at once. */
  readonly slots: number
  readonly command: readonly string[] | null
  readonly directory: string | null
  readonly roots: readonly string[] | null
  /** Of every program, to which the variables of its request are added. */
  readonly environment: Readonly<Record<string, string>>
  readonly warm: 'auto' | boolean
  readonly preload: readonly string[] | null
  /** Seconds; 0: no end. */
  readonly time: number
  readonly rlimits: Readonly<Record<string, number>>
}

/** Why a worker could not start its application. */
export interface StartFailure {
  /** One word for programs: 'import-error', 'startup-time', 'exited', ... */
  readonly reason: string
  /** One sentence: what and where. */
  readonly message: string
  /** What to do; may be empty. */
  readonly hint: string
  /** May be empty. */
  readonly traceback: string
}

export interface ThreadStack {
  /** Id of the request the thread is working on. */
  readonly request: string | null
  readonly stack: string
  /** Of all threads: the interpreter did not run, and nobody knows which of them has which request. */
  readonly together?: true
}

/** A file that the application has been made of. */
export interface LoadedFile {
  /** Absolute. */
  readonly path: string
  /** What it looked like just before it was read (file-stamp.ts). */
  readonly stamp: string
}

/** What a template says of the workers that it was told to fork. */
export type ForkNews =
  | { readonly kind: 'forked'; readonly worker: number; readonly pid: number }
  | { readonly kind: 'not-forked'; readonly worker: number; readonly why: string }
  | { readonly kind: 'ended'; readonly worker: number; readonly exit: Exit }

export type ControlEvent =
  | {
      readonly kind: 'ready'
      /** '' but in the HTTP process, where one control connection leads several applications. */
      readonly application: string
      readonly python: string
      readonly executable: string
      readonly tookMs: number
      /** Number of the signal at which it shows what its threads do, whatever they do; 0: none. */
      readonly stackSignal: number
    }
  | { readonly kind: 'failed'; readonly application: string; readonly failure: StartFailure }
  | { readonly kind: 'stacks'; readonly threads: readonly ThreadStack[] }
  | { readonly kind: 'loaded'; readonly file: LoadedFile }
  /** The answer to a ping: its interpreter runs. */
  | { readonly kind: 'pong' }
  | { readonly kind: 'fork'; readonly news: ForkNews }
  /** Embedded: the requests have ended and the exit handlers have run. */
  | { readonly kind: 'stopped' }
  /** A newer worker may say more than this supervisor knows. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'bad'; readonly why: string }

export type ControlCommand =
  | { readonly command: 'stop'; readonly deadline: number }
  | { readonly command: 'stacks' }
  | { readonly command: 'ping' }
  /** Fork a worker; its descriptors come as connections. */
  | { readonly command: 'fork'; readonly worker: number }
  /** Raise in the thread of this request. */
  | { readonly command: 'interrupt'; readonly request: string }

export function encodeControlLine(
  line: WorkerConfiguration | LauncherConfiguration | ControlCommand,
): string {
  return `${JSON.stringify(line)}\n`
}

export function parseControlLine(line: string): ControlEvent {
  const value = parseJsonLine(line)
  if (value === undefined) return { kind: 'bad', why: `not a JSON object: "${line.slice(0, 80)}"` }
  switch (value.event) {
    case 'ready':
      return {
        kind: 'ready',
        application: text(value.application),
        python: text(value.python),
        executable: text(value.executable),
        tookMs: typeof value.took === 'number' ? value.took * 1000 : 0,
        stackSignal: signalNumber(value.stack_signal),
      }
    case 'failed':
      return {
        kind: 'failed',
        application: text(value.application),
        failure: {
          reason: text(value.reason),
          message: text(value.message) || 'The application could not be started',
          hint: text(value.hint),
          traceback: text(value.traceback),
        },
      }
    case 'stacks':
      return { kind: 'stacks', threads: Array.isArray(value.threads) ? value.threads.map(threadStack) : [] }
    case 'loaded':
      return loadedFile(text(value.path), text(value.stamp))
    case 'pong':
      return { kind: 'pong' }
    case 'forked':
    case 'not_forked':
    case 'ended':
      return forkNews(value.event, value)
    case 'stopped':
      return { kind: 'stopped' }
    default:
      return { kind: 'unknown' }
  }
}

function forkNews(
  event: 'forked' | 'not_forked' | 'ended',
  value: Readonly<Record<string, unknown>>,
): ControlEvent {
  const { worker, pid, code, signal } = value
  if (!isCount(worker)) return { kind: 'unknown' }
  if (event === 'not_forked')
    return { kind: 'fork', news: { kind: 'not-forked', worker, why: text(value.why) } }
  if (event === 'forked') {
    return isCount(pid) ? { kind: 'fork', news: { kind: 'forked', worker, pid } } : { kind: 'unknown' }
  }
  const exit = { code: isCount(code) ? code : null, signal: isSignal(signal) ? signal : null }
  return { kind: 'fork', news: { kind: 'ended', worker, exit } }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isSignal(value: unknown): value is NodeJS.Signals {
  return typeof value === 'string' && Object.hasOwn(constants.signals, value)
}

function loadedFile(path: string, stamp: string): ControlEvent {
  const usable = path.startsWith('/') && !path.includes('\0')
  return usable ? { kind: 'loaded', file: { path, stamp } } : { kind: 'unknown' }
}

function threadStack(value: unknown): ThreadStack {
  if (typeof value !== 'object' || value === null) return { request: null, stack: '' }
  const request = 'request' in value && typeof value.request === 'string' ? value.request : null
  return { request, stack: 'stack' in value ? text(value.stack) : '' }
}

/** Linux has 64 signals. */
function signalNumber(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 64 ? value : 0
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

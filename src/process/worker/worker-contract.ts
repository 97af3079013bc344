// The contract of one worker: its states, how it is led, how it ends and whom it tells; and what one of Python is given.

import type { Identity } from '../identity/identity.ts'
import type { Exit } from '../messages.ts'
import type {
  ForkNews,
  LauncherConfiguration,
  LoadedFile,
  StartFailure,
  ThreadStack,
  WorkerConfiguration,
} from './control-line.ts'
import type { OutputLimits } from './output-budget.ts'

/** Of the worker: what it says when it crashes goes there. */
export const crashDescriptor = 4
/** Of the worker: a listening socket that it shares with others. */
export const listenerDescriptor = 5

export type WorkerState =
  | { readonly kind: 'starting'; readonly since: number }
  | { readonly kind: 'ready'; readonly since: number }
  | {
      readonly kind: 'stopping'
      readonly since: number
      readonly deadline: number
      readonly wasReady: boolean
    }
  | { readonly kind: 'exited'; readonly since: number; readonly exit: Exit }

/** One process of an application: of ours, with Python in it, or a program of somebody else. */
export interface Worker {
  readonly kind: 'python' | 'program'
  readonly number: number
  readonly startedAt: number
  readonly state: WorkerState
  /** 0 as long as there is no process. */
  readonly pid: number
  /** Path of its socket. */
  readonly address: string
  readonly facts: { readonly application: string; readonly worker: number; readonly pid: number }
  /** Why this side ended it although it was ready; '' when it did not. */
  readonly cause: string
  /** Asks it to end within `deadlineMs`; 0 kills at once. Asked again, the earlier end counts. */
  stop(deadlineMs: number): void
  /** SIGKILL to the worker and everything in its process group. */
  kill(): void
  /** What its threads are doing; nothing when it does not say so, and of a program. */
  stacks(): Promise<readonly ThreadStack[]>
  /** Raises in the thread of this request; code that waits in C feels it when it returns. A program feels nothing. */
  interrupt(request: string): void
  /** After its exit, once it can be known: what its threads did when it crashed, '' when it did not. */
  lastStack(): Promise<string>
}

export interface WorkerLaunch {
  /** Unique in the life of the supervisor. */
  readonly worker: number
  /** Absolute path of the interpreter; null: it needs none, and is a program that Node runs. */
  readonly python: string | null
  /** Of our package, or of that program. */
  readonly packagePath: string
  /** What it is started with. */
  readonly arguments: readonly string[]
  readonly configuration: WorkerConfiguration | LauncherConfiguration
  readonly environment: Readonly<Record<string, string>>
  /** Whom it runs as, from the interpreter's first instruction on; null: who we are. */
  readonly identity: Identity | null
  /** Time from spawn to ready, milliseconds. */
  readonly startupMs: number
  /** How long its interpreter may not run at all before the worker is given up, milliseconds; 0 = for ever. */
  readonly deadlockMs: number
  readonly outputLimits?: OutputLimits
  /** A descriptor of ours that it inherits as `listenerDescriptor`. */
  readonly listener?: number
  /** Called before it is spawned: makes the directory of its socket again when that is gone, or throws, saying why. */
  readonly restore?: (() => void) | undefined
}

export type WorkerEnd =
  /** It never became ready. */
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  /** It was ready and nobody had asked it to stop. */
  | { readonly kind: 'died'; readonly readySince: number }
  | { readonly kind: 'retired' }

/** Never called from within the constructor. */
export interface WorkerSink {
  ready(tookMs: number): void
  /** The application is made of this file, too; only when the launch asked for it. */
  loaded(file: LoadedFile): void
  /** Of a template only: what became of a worker that it was to fork. */
  fork?(news: ForkNews): void
  /** Its interpreter runs no more; it is killed next. */
  deadlocked(): void
  /** Once. */
  exited(exit: Exit, end: WorkerEnd): void
}

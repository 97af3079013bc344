// The contract of one worker: what it is given, its states, how it ends and whom it tells.

import type { Identity } from '../identity/identity.ts'
import type { Exit } from '../messages.ts'
import type {
  ForkNews,
  LauncherConfiguration,
  LoadedFile,
  StartFailure,
  WorkerConfiguration,
} from './control-line.ts'
import type { OutputLimits } from './output-budget.ts'

/** Of the worker: what it says when it crashes goes there. */
export const crashDescriptor = 4

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

export interface WorkerLaunch {
  /** Unique in the life of the supervisor. */
  readonly worker: number
  readonly python: string
  readonly packagePath: string
  /** What the package is started with. */
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

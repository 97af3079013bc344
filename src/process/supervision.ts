// The contract of the supervisor of one application: what it is given and whom it tells.

import type { Log } from '../log/log.ts'
import type { ApplicationSpec, WorkerPlace } from './application-spec.ts'
import type { Publication, WorkerGone } from './messages.ts'
import type { Keeper } from './system/keeper.ts'
import type { StartFailure } from './worker/control-line.ts'

export interface SupervisorOptions {
  readonly application: ApplicationSpec
  readonly place: WorkerPlace
  /** Of the first workers. */
  readonly generation: number
  /** Development: watch what the application is made of and start it anew when that changes. */
  readonly reload?: boolean
  /** What the next generation is started with when that may have changed on disk. */
  readonly reread?: (current: ApplicationSpec) => ApplicationSpec
  /** Gives numbers that are unique in the life of the supervisor process. */
  readonly nextWorker: () => number
  /** Ends programs when we are killed; only applications that are programs need it. */
  readonly keeper?: Keeper
  readonly log: Log
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

export interface SupervisorSink {
  /** After every change, never twice the same. */
  published(publication: Publication): void
  /** Returns how many HTTP processes were told, each of which will say what requests the worker held. */
  gone(gone: WorkerGone): number
}

/** What became of the first attempt, for who waits at the terminal. */
export type FirstStart =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly failure: StartFailure }
  /** Stopped before it was known. */
  | { readonly kind: 'stopped' }

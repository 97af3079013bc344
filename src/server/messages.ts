// What the supervisor and an HTTP process say to each other; JSON over the channel between them.

import type { Effective } from '../config/effective.ts'
import type { InheritedListener, StopHow } from '../listener/http-server.ts'
import type {
  Load,
  Publication,
  WorkerGone,
  WorkerHeld,
  WorkerIdle,
  WorkerStuck,
  WorkerWorn,
} from '../process/messages.ts'
import type { StartFailure } from '../process/worker/control-line.ts'
import type { AnswerMessage, AskMessage, KeptLogMessage } from './control/asking.ts'
import type { Standard } from './open-logs.ts'

/** Names of embedded applications that are not to be imported, and why. */
export type LeftOut = readonly (readonly [string, StartFailure])[]

/** The first message: everything the process runs on. */
export interface StartMessage {
  readonly kind: 'start'
  readonly effective: Effective
  readonly listeners: readonly InheritedListener[]
  readonly publications: readonly Publication[]
  /** Development: applications follow their code. */
  readonly reload: boolean
  /** Where an embedded interpreter writes its stack when it crashes; -1: there is no interpreter. */
  readonly crashDescriptor: number
  readonly leftOut: LeftOut
  readonly standard: Standard
}

export type ToHttpProcess =
  | StartMessage
  | AskMessage
  | { readonly kind: 'publication'; readonly publication: Publication }
  | { readonly kind: 'worker-gone'; readonly gone: WorkerGone }
  | { readonly kind: 'reopen-logs' }
  /** Listen, although an embedded application could not be loaded. */
  | { readonly kind: 'go-on' }
  /** Others use the same workers now, or no longer. */
  | { readonly kind: 'share'; readonly others: boolean }
  /** Finish within `deadlineMs`, then exit. */
  | { readonly kind: 'stop'; readonly deadlineMs: number; readonly how: StopHow }

/** What concerns the applications. */
export type WorkerNewsMessage =
  | { readonly kind: 'worn'; readonly worn: WorkerWorn }
  | { readonly kind: 'stuck'; readonly stuck: WorkerStuck }
  | { readonly kind: 'idle'; readonly idle: WorkerIdle }
  | { readonly kind: 'load'; readonly application: string; readonly load: Load }
  /** The answer to `worker-gone`. */
  | { readonly kind: 'held'; readonly held: WorkerHeld }
  /** What became of an embedded application. */
  | { readonly kind: 'loaded'; readonly application: string; readonly failure: StartFailure | undefined }

/** What is between a process and who keeps it alive, and news of its applications. */
export type FromHttpProcess =
  | WorkerNewsMessage
  | AnswerMessage
  | KeptLogMessage
  /** An embedded application is imported from now on, until it is `loaded`. */
  | { readonly kind: 'importing'; readonly application: string }
  | { readonly kind: 'listening' }
  /** Could not start; it exits after this. */
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string }
  /** This process cannot go on with its embedded applications: another one must take its place. */
  | { readonly kind: 'replace'; readonly application: string; readonly how: StopHow }

// What the supervisor and an HTTP process say to each other; JSON over the channel between them.

import type { Effective } from '../config/effective.ts'
import type { InheritedListener } from '../listener/http-server.ts'
import type { Publication, WorkerGone, WorkerIdle, WorkerStuck } from '../process/messages.ts'

export type ToHttpProcess =
  /** The first message: everything the process runs on. */
  | {
      readonly kind: 'start'
      readonly effective: Effective
      readonly listeners: readonly InheritedListener[]
      readonly publications: readonly Publication[]
      /** Development: applications follow their code. */
      readonly reload: boolean
    }
  | { readonly kind: 'publication'; readonly publication: Publication }
  | { readonly kind: 'worker-gone'; readonly gone: WorkerGone }
  | { readonly kind: 'reopen-logs' }
  /** Finish within `deadlineMs`, then exit. */
  | { readonly kind: 'stop'; readonly deadlineMs: number }

export type FromHttpProcess =
  | { readonly kind: 'listening' }
  /** Could not start; it exits after this. */
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string }
  | { readonly kind: 'stuck'; readonly stuck: WorkerStuck }
  | { readonly kind: 'idle'; readonly idle: WorkerIdle }

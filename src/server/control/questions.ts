// What the supervisor asks an HTTP process and what it answers; JSON over the channel between them.

import type { ExternalFigures } from '../../backend/external/external.ts'
import type { BackendFigures } from '../../backend/supervised.ts'
import type { RunningRequest, ServerFigures } from '../../listener/running-requests.ts'
import type { LogAnswer, LogQuestion } from '../../log/recent-lines.ts'
import type { ThreadStack } from '../../process/worker/control-line.ts'

export interface Questions {
  readonly figures: { readonly what: 'figures' }
  /** The requests in progress. */
  readonly running: { readonly what: 'running' }
  /** What the threads of embedded applications do. */
  readonly stacks: { readonly what: 'stacks' }
  /** End a request; `by` is who wants that. */
  readonly kill: { readonly what: 'kill'; readonly request: string; readonly by: string }
  /** Each process goes on where it was, by pid; from the start when its pid is not there. */
  readonly log: Omit<LogQuestion, 'after'> & {
    readonly what: 'log'
    readonly after: Readonly<Record<string, number>>
  }
}

export type What = keyof Questions
export type Question = Questions[What]

export interface HttpFigures extends ServerFigures {
  readonly memoryBytes: number
  readonly backends: readonly BackendFigures[]
  readonly externals: readonly ExternalFigures[]
}

export interface Answers {
  readonly figures: HttpFigures
  readonly running: readonly RunningRequest[]
  readonly stacks: readonly ThreadStack[]
  /** What it was; null when there is none of that id. */
  readonly kill: RunningRequest | null
  readonly log: LogAnswer
}

/** `serving` takes new connections; `starting` is to take over; `finishing` was replaced and ends. */
export type HttpRole = 'serving' | 'starting' | 'finishing'

export interface Answered<W extends What> {
  readonly role: HttpRole
  /** 0 while it is being started again. */
  readonly pid: number
  /** Undefined when it did not answer in time: it is busy, hangs, or has only just been started. */
  readonly answer: Answers[W] | undefined
}

/** How an HTTP process is asked; all of them, at the same time. */
export type AskHttp = <W extends What>(
  question: Questions[W] & { readonly what: W },
) => Promise<Answered<W>[]>

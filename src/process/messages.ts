// What processes tell each other about workers: the published list of endpoints and what became of a worker.
// Values that travel as JSON over the channel between the supervisor and an HTTP process, and how an exit reads.

/** Where one worker listens and how many requests it takes at once. */
export interface Endpoint {
  /** Number of the worker, unique in the life of the supervisor. */
  readonly worker: number
  readonly pid: number
  /** Path of its unix socket. */
  readonly address: string
  readonly slots: number
  readonly generation: number
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** 'was killed by SIGSEGV', 'exited with code 3'. */
export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exited with code ${exit.code ?? 'unknown'}` : `was killed by ${exit.signal}`
}

export type ApplicationState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  /** No worker could be started; the next try comes after `retryMs`. `reason` is one line for the log. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryMs: number }

/** How the code on disk and the code at work stand to each other; known with --reload only. */
export type CodeState =
  /** Whoever has an endpoint may answer. */
  | { readonly kind: 'answers' }
  /** New code is being started: requests wait for it. */
  | { readonly kind: 'awaited' }
  /** The code on disk fails. `oldAnswers`: the code before it is still at work. */
  | { readonly kind: 'failed'; readonly story: CodeFailure; readonly oldAnswers: boolean }

/** What the author of the code needs to see. */
export interface CodeFailure {
  /** 'shop/views.py changed; the new code fails, the old code keeps answering', or what failed at the start. */
  readonly headline: string
  /** What and where, what to do, and the traceback; any of them may be empty. */
  readonly message: string
  readonly hint: string
  readonly traceback: string
}

/** The whole truth about one application, sent again whenever it changes. */
export interface Publication {
  readonly application: string
  readonly state: ApplicationState
  readonly endpoints: readonly Endpoint[]
  /** With --reload. */
  readonly code?: CodeState
}

/** A worker is gone; its requests are lost. */
export interface WorkerGone {
  readonly application: string
  readonly worker: number
  readonly pid: number
  readonly exit: Exit
}

/** What a worker had which is gone. */
export interface Held {
  /** Ids of the requests that it held. */
  readonly requests: readonly string[]
  /** How many it had been given before, and had done with. */
  readonly done: number
}

/** The same from each HTTP process that was told of its end. */
export interface WorkerHeld extends Held {
  readonly application: string
  readonly worker: number
}

/** A slot did not answer within request_time: replace its worker, let the neighbours finish. */
export interface WorkerStuck {
  readonly application: string
  readonly worker: number
  readonly request: string
}

/** It has served as many requests as it was meant to: let another take its place. */
export interface WorkerWorn {
  readonly application: string
  readonly worker: number
}

/**
 * The neighbours of a stuck slot have finished: of its worker this HTTP process waits for nothing any more.
 */
export interface WorkerIdle {
  readonly application: string
  readonly worker: number
}

/** How much an application has to do, about once a second, where that decides how many workers it gets. */
export interface Load {
  /** Slots at work, at most. */
  readonly busy: number
  /** Requests that found none, at least: what waits for a moment only is no reason for another process. */
  readonly waiting: number
}

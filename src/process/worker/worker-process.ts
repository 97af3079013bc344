// The process in which a worker lives, as far as the worker (worker.ts) cares: how it begins, what of it can be read, how it
// is reached and that it has ended. Where it comes from differs: a program that is started (spawned-process.ts), or a fork
// of one that has the application already (forked-process.ts).

import type { Duplex, Readable } from 'node:stream'
import type { Exit } from '../messages.ts'
import type { StartFailure } from './control-line.ts'
import type { WorkerLaunch } from './worker-contract.ts'

export interface WorkerPipes {
  readonly stdout: Readable
  readonly stderr: Readable
  /** Control lines in both directions; the lifeline of the process. */
  readonly control: Duplex
  /** What its interpreter says when it crashes. */
  readonly crash: Readable
}

export interface ProcessSink {
  /** There is a process. Called before `start` returns, or later; not at all when there will be none. */
  begun(pid: number, pipes: WorkerPipes): void
  /** There will be none. */
  notBegun(failure: StartFailure): void
  /** Once, after `begun`. */
  exited(exit: Exit): void
  /** After its exit: all that it said has been read. */
  closed(): void
}

export interface WorkerProcess {
  /** To the process alone. One that has not begun yet never will, which is told as its exit. */
  signal(signal: NodeJS.Signals | number): void
  /** SIGKILL to it and to everything in its process group. */
  kill(): void
  /** Reads no more. */
  close(): void
}

export interface ProcessSource {
  /** Tells nothing but `begun` before it returns. */
  start(launch: WorkerLaunch, sink: ProcessSink): WorkerProcess
}

// Starts a worker as its application wants it: a process of ours with Python in it, or a program of somebody else.

import type { Log } from '../log/log.ts'
import type { ApplicationSpec, WorkerPlace } from './application-spec.ts'
import { programLaunch } from './program/program-launch.ts'
import { ProgramWorker } from './program/program-worker.ts'
import type { Keeper } from './system/keeper.ts'
import { PythonWorker } from './worker/python-worker.ts'
import type { Worker, WorkerSink } from './worker/worker-contract.ts'
import { workerLaunch } from './worker/worker-launch.ts'
import type { ProcessSource } from './worker/worker-process.ts'

export interface WorkerStart {
  readonly application: ApplicationSpec
  readonly place: WorkerPlace
  /** Unique in the life of the supervisor. */
  readonly number: number
  readonly sink: WorkerSink
  readonly log: Log
  /** Milliseconds, monotonic. */
  readonly clock: () => number
  /** Development: it says which files the application is made of. */
  readonly reload?: boolean | undefined
  /** From where a worker of Python is forked; undefined: it is started. */
  readonly source?: ProcessSource | undefined
  /** Ends programs when we are killed. */
  readonly keeper?: Keeper | undefined
}

export function startWorker(start: WorkerStart): Worker {
  const { application, place, number, sink, log, clock, keeper } = start
  const { program } = application
  if (program === null) {
    const launch = workerLaunch(application, place, number, start.reload)
    return new PythonWorker(launch, sink, log, clock, start.source)
  }
  return new ProgramWorker({
    launch: programLaunch(application, program, place, number),
    sink,
    log,
    clock,
    keeper,
  })
}

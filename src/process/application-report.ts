// What an application's supervisor says of its workers to who asks. Pure.

import type { Trouble } from './reports.ts'
import type { Standing } from './standing.ts'

export interface WorkerReport {
  readonly worker: number
  /** 0 when no process could be started. */
  readonly pid: number
  readonly generation: number
  /** `worn`: it goes on until the one that is to take its place is ready. */
  readonly state: 'starting' | 'ready' | 'worn' | 'draining' | 'stuck' | 'stopping'
  /** For how long it has been in that state. */
  readonly forMs: number
  readonly slots: number
}

export interface ApplicationReport {
  readonly generation: number
  readonly workers: readonly WorkerReport[]
  /** Workers that ended, or failed to start, although nobody asked for it. */
  readonly lost: number
  readonly trouble: Trouble | null
}

/** @param now on the clock of the supervisor, in ms */
export function workerReport(
  { worker, generation, slots, withdrawn, worn }: Standing,
  now: number,
): WorkerReport {
  const { kind, since } = worker.state
  const facts = { worker: worker.number, pid: worker.pid, generation, slots }
  if (kind === 'ready' && withdrawn !== null)
    return { ...facts, state: withdrawn.why, forMs: now - withdrawn.since }
  if (kind === 'ready' && worn !== null) return { ...facts, state: 'worn', forMs: now - since }
  return { ...facts, state: kind === 'exited' ? 'stopping' : kind, forMs: now - since }
}

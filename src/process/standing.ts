// A worker with what the supervisor knows of it beyond its process: its generation, and why it was withdrawn.

import type { Endpoint } from './messages.ts'
import type { Member } from './plan.ts'
import type { Wear } from './wear.ts'
import type { Worker } from './worker/worker-contract.ts'

/** Why a worker that is ready gets no more requests. */
interface Withdrawal {
  /** One of its requests is stuck, or another worker answers in its place. */
  readonly why: 'stuck' | 'draining'
  readonly since: number
  /** No HTTP process waits for it any more, but for a request that is stuck. */
  idle: boolean
}

export interface Standing {
  readonly worker: Worker
  readonly generation: number
  /** Requests it takes at once. */
  readonly slots: number
  withdrawn: Withdrawal | null
  /** The limit that it has reached. */
  worn: Wear | null
}

/** Withdraws a worker that takes requests; false when it does not. */
export function withdraw(standing: Standing, why: Withdrawal['why'], now: number): boolean {
  if (standing.withdrawn !== null || standing.worker.state.kind !== 'ready') return false
  standing.withdrawn = { why, since: now, idle: false }
  return true
}

/** It has reached a limit; false when that is known, or it takes no requests anyhow. */
export function wearOut(standing: Standing, wear: Wear): boolean {
  if (standing.worn !== null || standing.withdrawn !== null || standing.worker.state.kind !== 'ready')
    return false
  standing.worn = wear
  return true
}

/** As plan.ts sees it; nothing once it has exited. */
export function memberOf({ worker, generation, withdrawn, worn }: Standing): Member[] {
  const { number, startedAt, state } = worker
  const facts = { worker: number, generation }
  switch (state.kind) {
    case 'starting':
      return [{ ...facts, kind: 'starting', startedAt }]
    case 'ready':
      if (withdrawn !== null)
        return [{ ...facts, kind: withdrawn.why, since: withdrawn.since, idle: withdrawn.idle }]
      return [{ ...facts, kind: 'ready', startedAt, since: state.since, worn: worn !== null }]
    case 'stopping':
      return [{ ...facts, kind: 'stopping' }]
    case 'exited':
      return []
    default:
      return state satisfies never
  }
}

/** Where it takes requests; nothing when it takes none. */
export function endpointOf({ worker, generation, slots, withdrawn }: Standing): Endpoint[] {
  if (withdrawn !== null || worker.state.kind !== 'ready') return []
  return [{ worker: worker.number, pid: worker.pid, address: worker.address, slots, generation }]
}

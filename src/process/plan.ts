// The decisions about the workers of one application: plan(fleet, now) -> actions. Pure; supervisor.ts
// applies them. Starts back off while they fail, one at a time; a stuck worker is replaced first and retired
// when its neighbours are done.

import { backoffMs, stableMs } from './backoff.ts'

export type Member =
  | { readonly kind: 'starting'; readonly worker: number; readonly startedAt: number }
  | { readonly kind: 'ready'; readonly worker: number; readonly startedAt: number; readonly since: number }
  /** Withdrawn. `idle`: only the request that is stuck is left on it. */
  | { readonly kind: 'stuck'; readonly worker: number; readonly since: number; readonly idle: boolean }
  | { readonly kind: 'stopping'; readonly worker: number }

/** What remains of workers that ended. */
export interface History {
  readonly everReady: boolean
  /** Ends in a row that were not planned; 0 once a worker that was started later has proved stable. */
  readonly failures: number
  readonly failedAt: number
  /** No start before this time. */
  readonly notBefore: number
}

export interface Fleet {
  /** Number of workers to keep. */
  readonly wanted: number
  /** How long the neighbours of a stuck request may take, milliseconds. */
  readonly drainMs: number
  readonly members: readonly Member[]
  readonly history: History
}

export type Action =
  | { readonly kind: 'start' }
  | { readonly kind: 'retire'; readonly worker: number }
  /** Plan again at this time even if nothing happens. */
  | { readonly kind: 'wake'; readonly at: number }

export const noHistory: History = { everReady: false, failures: 0, failedAt: 0, notBefore: 0 }

export function plan(fleet: Fleet, now: number): readonly Action[] {
  return [...planRetirements(fleet, now), ...planStarts(fleet, now)]
}

/** A worker that could not start its application has ended. */
export function afterFailedStart(fleet: Fleet, now: number): History {
  const failures = failuresInARow(fleet, now) + 1
  return { ...fleet.history, failures, failedAt: now, notBefore: now + backoffMs(failures) }
}

/** A worker that had been ready ended unasked: replaced at once, unless that happens again soon. */
export function afterDeath(
  fleet: Fleet,
  dead: { readonly startedAt: number; readonly readySince: number },
  now: number,
): History {
  const before = failuresInARow(fleet, now)
  // One that had served for long says nothing about the next start: the kernel or a person may have killed
  // four at once.
  if (now - dead.readySince >= stableMs) {
    return { ...fleet.history, failures: dead.startedAt >= fleet.history.failedAt ? 0 : before }
  }
  const failures = before + 1
  return { everReady: true, failures, failedAt: now, notBefore: now + backoffMs(failures - 1) }
}

/**
 * Failures that still count. Only a worker that was started after the last failure proves anything:
 * old ones may run on for days while every new start fails.
 */
function failuresInARow(fleet: Fleet, now: number): number {
  const { failures, failedAt } = fleet.history
  const proved = fleet.members.some(
    (member) => member.kind === 'ready' && member.startedAt >= failedAt && now - member.since >= stableMs,
  )
  return proved ? 0 : failures
}

function planStarts(fleet: Fleet, now: number): Action[] {
  const starting = count(fleet, 'starting')
  const missing = fleet.wanted - starting - count(fleet, 'ready')
  if (missing <= 0) return []
  const failures = failuresInARow(fleet, now)
  if (failures > 0 && now < fleet.history.notBefore) return [{ kind: 'wake', at: fleet.history.notBefore }]
  // While it is not known that the application starts, one tries: the others would fail the same way, at the
  // same cost.
  const known = fleet.history.everReady && failures === 0
  if (!known && starting > 0) return []
  return Array.from({ length: known ? missing : 1 }, () => ({ kind: 'start' }) as const)
}

function planRetirements(fleet: Fleet, now: number): Action[] {
  const actions: Action[] = []
  const stuck = fleet.members.filter((member) => member.kind === 'stuck').sort((a, b) => a.since - b.since)
  // Never more than as many again as are wanted: an application that hangs on every request must not fill the
  // memory.
  const surplus = stuck.length - fleet.wanted
  for (const [index, member] of stuck.entries()) {
    const due = member.since + fleet.drainMs
    if (member.idle || now >= due || index < surplus) actions.push({ kind: 'retire', worker: member.worker })
    else actions.push({ kind: 'wake', at: due })
  }
  return actions
}

function count(fleet: Fleet, kind: Member['kind']): number {
  return fleet.members.filter((member) => member.kind === kind).length
}

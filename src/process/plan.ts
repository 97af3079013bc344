// The decisions about the workers of one application: plan(fleet, now) -> actions. Pure; supervisor.ts
// applies them. Starts back off while they fail, one at a time; a stuck worker is replaced first and retired
// when its neighbours are done; a generation follows another without a request lost and without double memory.

import { backoffMs, stableMs } from './backoff.ts'

interface MemberFacts {
  readonly worker: number
  /** Of the code and the settings it was started with. */
  readonly generation: number
}

export type Member = MemberFacts &
  (
    | { readonly kind: 'starting'; readonly startedAt: number }
    /** `worn`: it has reached a limit, and another one is to take its place. */
    | { readonly kind: 'ready'; readonly startedAt: number; readonly since: number; readonly worn: boolean }
    /** Withdrawn. `idle`: only the request that is stuck is left on it. */
    | { readonly kind: 'stuck'; readonly since: number; readonly idle: boolean }
    /** Withdrawn for a newer generation. `idle`: no request is left on it. */
    | { readonly kind: 'draining'; readonly since: number; readonly idle: boolean }
    | { readonly kind: 'stopping' }
  )

/** What remains of the workers of the newest generation that ended. */
export interface History {
  /** The newest generation is known to start. */
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
  /** The newest: every start is of this one. Older workers stay until it has one that is ready. */
  readonly generation: number
  /** One worker of the newest is to be ready, and no older one leaves: somebody will say whether it takes over. */
  readonly held: boolean
  /** The code is being written: nothing is started until the next generation. */
  readonly changing: boolean
  /** How long the requests of a withdrawn worker may take, milliseconds. */
  readonly drainMs: number
  readonly members: readonly Member[]
  readonly history: History
}

export type Action =
  | { readonly kind: 'start' }
  | { readonly kind: 'retire'; readonly worker: number }
  /** Withdraw it and let its requests finish: another one answers in its place. */
  | { readonly kind: 'drain'; readonly worker: number }
  /** Plan again at this time even if nothing happens. */
  | { readonly kind: 'wake'; readonly at: number }

export const noHistory: History = { everReady: false, failures: 0, failedAt: 0, notBefore: 0 }

export function plan(fleet: Fleet, now: number): readonly Action[] {
  return [
    ...planSuccession(fleet),
    ...planRelief(fleet),
    ...planShrinking(fleet),
    ...planRetirements(fleet, now),
    ...planStarts(fleet, now),
  ]
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

/** Starts on outdated code are given up at once; outdated workers go when a new one can take over. */
function planSuccession(fleet: Fleet): Action[] {
  const outdated = fleet.members.filter(({ generation }) => generation < fleet.generation)
  const succeeded = count(fleet, 'ready', isNewest) > 0
  return outdated.flatMap(({ kind, worker }): Action[] => {
    if (kind === 'starting') return [{ kind: 'retire', worker }]
    return kind === 'ready' && succeeded && !fleet.held ? [{ kind: 'drain', worker }] : []
  })
}

/** A worn worker goes when there is one more than wanted: that one has taken its place. */
function planRelief(fleet: Fleet): Action[] {
  const surplus = count(fleet, 'ready', isNewest) - fleet.wanted
  if (surplus <= 0) return []
  const worn = fleet.members.filter((member) => isNewest(fleet, member) && isWorn(member))
  return worn.slice(0, surplus).map(({ worker }) => ({ kind: 'drain', worker }))
}

/** Fewer are wanted than there are: the youngest go. Not while an older generation is there, which goes first. */
function planShrinking(fleet: Fleet): Action[] {
  if (fleet.members.some((member) => isOutdated(fleet, member))) return []
  const fresh = fleet.members.filter((member) => member.kind === 'ready' && isFresh(fleet, member))
  const surplus = Math.max(0, fresh.length - fleet.wanted)
  const youngest = fresh.toSorted((a, b) => b.worker - a.worker)
  return youngest.slice(0, surplus).map(({ worker }) => ({ kind: 'drain', worker }))
}

function planStarts(fleet: Fleet, now: number): Action[] {
  const { history, wanted } = fleet
  if (fleet.changing) return []
  const starting = count(fleet, 'starting', isNewest)
  // A generation that fails leaves the work to the older one; tried again without being asked only where
  // that has too few workers.
  const fails = history.failures > 0 && !history.everReady
  const enough = fleet.held ? Math.min(1, wanted) : wanted
  const missing = enough - starting - count(fleet, 'ready', fails ? isAny : isFresh)
  if (missing <= 0) return []
  const failures = failuresInARow(fleet, now)
  if (failures > 0 && now < history.notBefore) return [{ kind: 'wake', at: history.notBefore }]
  // While it is not known that the application starts, one tries: the others would fail the same way, at the
  // same cost.
  const known = history.everReady && failures === 0
  if (!known && starting > 0) return []
  // Whether or not it is known: what drains or is worn still has its memory.
  const room = history.everReady ? roomForMore(fleet) : 1
  const starts = Math.min(known ? missing : 1, room)
  return Array.from({ length: starts }, () => ({ kind: 'start' }) as const)
}

/** During a succession one worker more than wanted may live, not twice as many; nor when several are worn. */
function roomForMore(fleet: Fleet): number {
  const outdated = count(fleet, 'ready', isOutdated) + count(fleet, 'stopping', isOutdated)
  const worn = fleet.members.filter((member) => isNewest(fleet, member) && isWorn(member)).length
  const leaving = outdated + worn + count(fleet, 'draining', isAny)
  const newest = count(fleet, 'starting', isNewest) + count(fleet, 'ready', isFresh)
  return leaving === 0 ? fleet.wanted : Math.max(0, fleet.wanted + 1 - newest - leaving)
}

function planRetirements(fleet: Fleet, now: number): Action[] {
  const actions: Action[] = []
  const stuck = fleet.members.filter((member) => member.kind === 'stuck').sort((a, b) => a.since - b.since)
  const draining = fleet.members.filter((member) => member.kind === 'draining')
  // Never more than as many again as are wanted: an application that hangs on every request must not fill the
  // memory. Those that drain are no danger: one without requests goes at once.
  const surplus = stuck.length - Math.max(1, fleet.wanted)
  for (const [index, member] of [...stuck, ...draining].entries()) {
    const due = member.since + fleet.drainMs
    if (member.idle || now >= due || index < surplus) actions.push({ kind: 'retire', worker: member.worker })
    else actions.push({ kind: 'wake', at: due })
  }
  return actions
}

type Which = (fleet: Fleet, member: Member) => boolean
const isAny: Which = () => true
const isNewest: Which = (fleet, { generation }) => generation === fleet.generation
const isWorn = (member: Member): boolean => member.kind === 'ready' && member.worn
const isFresh: Which = (fleet, member) => isNewest(fleet, member) && !isWorn(member)
const isOutdated: Which = (fleet, { generation }) => generation < fleet.generation

function count(fleet: Fleet, kind: Member['kind'], which: Which): number {
  return fleet.members.filter((member) => member.kind === kind && which(fleet, member)).length
}

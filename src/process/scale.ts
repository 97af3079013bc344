// How many workers an application gets between `processes.min` and `processes.max`: as many as the requests of the last
// seconds need, and fewer only when that has been enough for idle_time. Pure.

import type { ApplicationSpec } from './application-spec.ts'
import type { Load } from './messages.ts'

export interface ScaleLimits {
  readonly min: number
  readonly max: number
  /** How long fewer must have been enough; milliseconds, 0: never fewer. */
  readonly idleMs: number
}

export interface ScaleState {
  readonly wanted: number
  /** The most that were needed since `since`. */
  readonly peak: number
  readonly since: number
}

export function startScale({ min, max }: ScaleLimits, now: number): ScaleState {
  // One in any case, so that it shows at the start whether the application can be loaded.
  return { wanted: Math.min(max, Math.max(1, min)), peak: 0, since: now }
}

export function scaled(
  state: ScaleState,
  load: Load,
  slots: number,
  limits: ScaleLimits,
  now: number,
): ScaleState {
  const needed = clamp(Math.ceil((load.busy + load.waiting) / slots), limits)
  // Twice as many at most: what queues behind a start may be gone when that is done.
  if (needed > state.wanted) {
    return { wanted: Math.min(needed, Math.max(1, state.wanted * 2)), peak: 0, since: now }
  }
  if (needed === state.wanted) return { wanted: needed, peak: 0, since: now }
  const peak = Math.max(state.peak, needed)
  if (limits.idleMs <= 0 || now - state.since < limits.idleMs) return { ...state, peak }
  return { wanted: clamp(peak, limits), peak: 0, since: now }
}

/** For another generation, whose limits may be others. One is needed to see whether it can be loaded. */
export function renewedScale(state: ScaleState, limits: ScaleLimits): ScaleState {
  return { ...state, wanted: Math.max(1, clamp(state.wanted, limits)) }
}

export function scaleLimits({ processes, processes_min, limits }: ApplicationSpec): ScaleLimits {
  return { min: processes_min, max: processes, idleMs: limits.idle_time }
}

function clamp(count: number, { min, max }: ScaleLimits): number {
  return Math.min(max, Math.max(min, count))
}

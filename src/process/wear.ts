// When a worker has served long enough and another takes its place: after so many requests, at such an age, with so much
// memory. A little later for some than for others, so that workers that began together do not end together.

import type { Facts } from '../failure.ts'
import type { Log } from '../log/log.ts'

/** 0 = off. */
export interface WearLimits {
  readonly requests: number
  /** Octets of resident memory. */
  readonly memory: number
  /** Milliseconds since it was ready. */
  readonly age: number
}

/** What wore a worker out: a limit, by the name of its setting; or its socket file is gone, so that nobody finds it any more. */
export type Wear = keyof WearLimits | 'unreachable'

/** A worker that has more memory than it may from the start serves this long all the same, or there would be no end of starts. */
const minServiceMs = 10_000
/** Worn sooner than this by memory, the limit is too close to what a fresh worker takes, and somebody should know. */
const soonMs = 60_000

/** How much later than the limit the last of them goes, as a part of the limit. */
const spread = 0.1
/** Multiples of it fill the space between 0 and 1 evenly. */
const goldenRatio = 0.618_033_988_75

/** The limit as it counts for this worker; 0 stays 0. */
export function limitOf(limit: number, worker: number): number {
  return Math.ceil(limit * (1 + spread * ((worker * goldenRatio) % 1)))
}

/** What a worker has by now. */
export interface WearState {
  readonly ageMs: number
  /** Undefined: not known. */
  readonly memoryBytes: number | undefined
}

/** Says that a worker has reached a limit; one that is too close to what a fresh worker takes is worth a warning. */
export function sayWorn(log: Log, facts: Facts, wear: Wear, state: WearState | undefined): void {
  if (wear === 'unreachable') {
    log.warn('worker.worn', facts, 'Its socket was removed while it runs: it works on until another is ready')
    return
  }
  const memory = wear === 'memory' && state?.memoryBytes !== undefined ? state.memoryBytes : undefined
  const all = {
    ...facts,
    limit: wear,
    ...(memory === undefined ? {} : { memory: `${Math.round(memory / 1_048_576)}MiB` }),
  }
  if (memory !== undefined && state !== undefined && state.ageMs < soonMs)
    log.warn(
      'worker.worn',
      all,
      'It had this much soon after its start: raise limits.memory, or it goes on like this',
    )
  else log.info('worker.worn', all)
}

/** Which limit the worker has reached; undefined: none. */
export function wearOf(
  limits: WearLimits,
  worker: number,
  { ageMs, memoryBytes }: WearState,
): Wear | undefined {
  if (limits.age > 0 && ageMs >= limitOf(limits.age, worker)) return 'age'
  // No spreading: more than that is not to be had.
  if (ageMs < minServiceMs) return undefined
  if (limits.memory > 0 && memoryBytes !== undefined && memoryBytes >= limits.memory) return 'memory'
  return undefined
}

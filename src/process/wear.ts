// When a worker has served long enough and another takes its place: after so many requests, at such an age, with so much
// memory. A little later for some than for others, so that workers that began together do not end together. Pure.

/** 0 = off. */
export interface WearLimits {
  readonly requests: number
  /** Octets of resident memory. */
  readonly memory: number
  /** Milliseconds since it was ready. */
  readonly age: number
}

/** What wore a worker out; the names are those of the settings. */
export type Wear = keyof WearLimits

/** How much later than the limit the last of them goes, as a part of the limit. */
const spread = 0.1
/** Multiples of it fill the space between 0 and 1 evenly. */
const goldenRatio = 0.618_033_988_75

/** The limit as it counts for this worker; 0 stays 0. */
export function limitOf(limit: number, worker: number): number {
  return Math.ceil(limit * (1 + spread * ((worker * goldenRatio) % 1)))
}

/** Which limit the worker has reached; undefined: none. `memoryBytes` undefined: not known. */
export function wearOf(
  limits: WearLimits,
  worker: number,
  { ageMs, memoryBytes }: { readonly ageMs: number; readonly memoryBytes: number | undefined },
): Wear | undefined {
  if (limits.age > 0 && ageMs >= limitOf(limits.age, worker)) return 'age'
  // No spreading: more than that is not to be had.
  if (limits.memory > 0 && memoryBytes !== undefined && memoryBytes >= limits.memory) return 'memory'
  return undefined
}

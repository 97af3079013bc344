// How long to wait before the next start of something that keeps ending: workers and HTTP processes. Pure.

/** First delay, milliseconds. */
const firstDelayMs = 100
/** The longest delay, milliseconds. */
const longestDelayMs = 30_000
/** A process that lasted this long counts as sound: what went wrong before it is forgotten. Milliseconds. */
export const stableMs = 10_000

/** Delay after so many failures in a row, milliseconds: 0, 100, 200, 400 ... 30 000. */
export function backoffMs(failures: number): number {
  if (failures <= 0) return 0
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20))
}

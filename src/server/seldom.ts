// The same trouble is not said again and again.

import { monotonicMs } from '../clock.ts'

/** How often the log hears of the same trouble, milliseconds. */
const troubleEveryMs = 10_000

/** Passes on one call of many. */
export function seldom<T>(tell: (about: T) => void): (about: T) => void {
  let toldMs = Number.NEGATIVE_INFINITY
  return (about) => {
    const nowMs = monotonicMs()
    if (nowMs - toldMs < troubleEveryMs) return
    toldMs = nowMs
    tell(about)
  }
}

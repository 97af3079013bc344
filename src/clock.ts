// The only place that reads the clock: decisions take `now` as an argument, so tests can walk through time.

/** Milliseconds on a clock that never jumps; its zero is arbitrary. */
export function monotonicMs(): number {
  return performance.now()
}

/** Milliseconds since 1970, for dates that people read. */
export function wallClockMs(): number {
  return Date.now()
}

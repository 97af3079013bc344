// The named limits of a supervised application (DESIGN sections 4 and 6).

/** Times in ms, 0 = off. */
export interface SupervisedLimits {
  readonly requestTimeMs: number
  readonly outputIdleMs: number
  readonly queueTimeMs: number
  readonly queueLength: number
  /** How many calls a worker gets before another takes its place; 0 = off. */
  readonly requests: number
}

/** What a call may take between two signs of life; 0 where no call is timed. */
export function longestMs({ requestTimeMs, outputIdleMs }: SupervisedLimits): number {
  return requestTimeMs <= 0 ? 0 : Math.max(requestTimeMs, outputIdleMs)
}

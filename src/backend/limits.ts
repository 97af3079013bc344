// The named limits of a supervised application (DESIGN sections 4 and 6).

/** Times in ms, 0 = off. */
export interface SupervisedLimits {
  readonly requestTimeMs: number
  readonly outputIdleMs: number
  readonly queueTimeMs: number
  readonly queueLength: number
  /** How many calls a worker gets before another takes its place; 0 = off. */
  readonly requests: number
  /** What is said of a call that took longer than `requestTimeMs`, where that is not limits.request_time. */
  readonly requestTimeText?: string
}

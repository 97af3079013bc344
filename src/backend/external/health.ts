// Whether an address takes connections, and when one that does not is tried again. Pure: the clock is given.

/** Pause behind the first failure and behind the later ones, milliseconds; each is twice the one before. */
const firstPauseMs = 25
const longestPauseMs = 1000

/** What connect(2) says of a unix socket whose backlog is full. */
const backlogFull = 'EAGAIN'

export class Health {
  /** Since when no connection could be made; undefined while they can. */
  #failingSinceMs: number | undefined
  #pauseMs = 0
  #failedAtMs = 0
  #retryAtMs = 0
  /** What the last failure was. */
  reason = ''
  /** What failures were since it failed first. */
  readonly #reasons = new Set<string>()

  get failing(): boolean {
    return this.#failingSinceMs !== undefined
  }

  /** When it may be tried again; 0 while it is well. */
  get retryAtMs(): number {
    return this.#retryAtMs
  }

  mayTry(nowMs: number): boolean {
    return nowMs >= this.#retryAtMs
  }

  /** It has failed for at least `ms`. One whose backlog is full is there, and only busy. */
  hasFailedFor(ms: number, nowMs: number): boolean {
    if (this.reason === backlogFull) return false
    return this.#failingSinceMs !== undefined && nowMs - this.#failingSinceMs >= ms
  }

  /** @param sinceMs when the attempt that failed was begun. Returns true for a failure that is new. */
  failed(reason: string, sinceMs: number, nowMs: number): boolean {
    const isFirst = this.#failingSinceMs === undefined
    if (isFirst || this.reason === backlogFull) this.#failingSinceMs = sinceMs
    // Attempts that were begun together fail together.
    if (isFirst) this.#pauseMs = firstPauseMs
    else if (sinceMs >= this.#failedAtMs) this.#pauseMs = Math.min(longestPauseMs, 2 * this.#pauseMs)
    this.#failedAtMs = nowMs
    this.#retryAtMs = nowMs + this.#pauseMs
    this.reason = reason
    const isNew = !this.#reasons.has(reason)
    this.#reasons.add(reason)
    return isNew
  }

  /** A connection was made. Returns true when none could be made before. */
  recovered(): boolean {
    const wasFailing = this.failing
    this.#failingSinceMs = undefined
    this.#retryAtMs = 0
    this.#reasons.clear()
    return wasFailing
  }
}

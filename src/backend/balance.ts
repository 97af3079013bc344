// Which worker gets the next request: the least busy one; among equals the one that answered last stays warm.
// Pure: knows numbers only.

export interface Candidate {
  readonly busy: number
  readonly idle: readonly unknown[]
  readonly accepting: boolean
}

/** The accepting candidate with an idle slot and the fewest busy ones, or undefined. The first wins a tie. */
export function leastBusy<T extends Candidate>(candidates: Iterable<T>): T | undefined {
  let best: T | undefined
  for (const candidate of candidates) {
    if (!candidate.accepting || candidate.idle.length === 0) continue
    if (best === undefined || candidate.busy < best.busy) best = candidate
  }
  return best
}

// What is published of an application: its state from the facts, and whether a publication is news. Pure.

import type { ApplicationState, Endpoint, Publication } from './messages.ts'
import type { History } from './plan.ts'

/** Requests wait when the next start is not farther off than this; milliseconds. */
export const soonMs = 5000

/**
 * It is worth the while of requests to wait for the next worker: others of this generation have been ready, and one is
 * being started or will be within seconds.
 */
export function startsSoon({ everReady, failedAt, notBefore }: History, starting: boolean): boolean {
  return everReady && (starting || notBefore - failedAt <= soonMs)
}

/** `problem` says why nothing is ready, `waits` that requests wait all the same, `retryMs` when the next try comes. */
export function stateOf(
  endpoints: readonly Endpoint[],
  problem: string | null,
  waits: boolean,
  retryMs: number,
): ApplicationState {
  if (endpoints.length > 0) return { kind: 'ready' }
  if (problem === null || waits) return { kind: 'starting' }
  return { kind: 'failed', reason: problem, retryMs: Math.max(0, Math.round(retryMs)) }
}

/** Equal texts need not be published twice: the time to the next try shrinks by itself, and that alone is no news. */
export function newsOf({ state, endpoints, code }: Publication, failures: number): string {
  return JSON.stringify([state.kind, state.kind === 'failed' ? state.reason : '', failures, endpoints, code])
}

// What is published of an application: its state from the facts, and whether a publication is news. Pure.

import type { ApplicationState, Endpoint, Publication } from './messages.ts'

/** `problem` says why nothing is ready, `retryMs` when the next try comes. */
export function stateOf(
  endpoints: readonly Endpoint[],
  problem: string | null,
  retryMs: number,
): ApplicationState {
  if (endpoints.length > 0) return { kind: 'ready' }
  if (problem === null) return { kind: 'starting' }
  return { kind: 'failed', reason: problem, retryMs: Math.max(0, Math.round(retryMs)) }
}

/** Equal texts need not be published twice: the time to the next try shrinks by itself, and that alone is no news. */
export function newsOf({ state, endpoints, code }: Publication, failures: number): string {
  return JSON.stringify([state.kind, state.kind === 'failed' ? state.reason : '', failures, endpoints, code])
}

// The end of one request because somebody asked for it, as far as its worker can be told.

import type { Reports } from './reports.ts'
import type { Standing } from './standing.ts'

/** For a program to end by itself once it is asked to, milliseconds. */
const endMs = 1000

/**
 * Raises in the thread of the request, having logged what it does. A program has no such thread: where it serves one request at
 * a time it is ended, so that nobody waits behind what nobody wants, and else left to what it does for others.
 * @param by who wants that
 */
export async function interrupt(
  { worker, slots }: Standing,
  request: string,
  by: string,
  reports: Reports,
): Promise<void> {
  if (worker.kind === 'python') {
    reports.interrupted(worker, request, by, await worker.stacks())
    worker.interrupt(request)
  } else if (slots === 1) {
    reports.interrupted(worker, request, by, [])
    worker.stop(endMs)
  }
}

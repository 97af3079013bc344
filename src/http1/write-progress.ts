// Does a client take what is sent to it? Looked at once a sweep, so that a write costs nothing for it.

import type { Socket } from 'node:net'
import { unsentBytes } from '../direct-write.ts'
import { KernelQueues } from './kernel-queue.ts'
import type { ConnectionLimits } from './limits.ts'

/** What was seen at earlier looks. */
export interface WriteProgress {
  /** Octets that had left this process, and since when that has not become more. */
  taken: number
  sinceMs: number
  /** Octets that the client's side had acknowledged at the time `markedMs`; looked at while nothing leaves. */
  acknowledged: number
  markedMs: number
}

type WriteLimits = Pick<ConnectionLimits, 'writeIdleMs' | 'minBodyRateBytes'>

export function noProgress(nowMs: number): WriteProgress {
  return { taken: 0, sinceMs: nowMs, acknowledged: 0, markedMs: unmarked }
}

const unmarked = -1
/** Two looks at the kernel are at least so far apart: one look cannot show progress. */
const leastMs = 100
/** How long what the kernel holds is waited for. */
const patienceMs = 5000
const allQueues = new KernelQueues()

/** True when octets have waited for the client longer than `writeIdleMs` and it has taken less than it must. */
export function isWriteStalled(
  socket: Socket,
  progress: WriteProgress,
  nowMs: number,
  { writeIdleMs: idleMs, minBodyRateBytes }: WriteLimits,
  queues: KernelQueues = allQueues,
): boolean {
  const pending = unsentBytes(socket)
  const taken = socket.bytesWritten - pending
  if (pending === 0 || taken > progress.taken) {
    progress.taken = taken
    progress.sinceMs = nowMs
    progress.markedMs = unmarked
    return false
  }
  if (idleMs <= 0) return false
  const waitedMs = nowMs - progress.sinceMs
  if (waitedMs <= idleMs / 2) return false
  // Nothing leaves this process, but the kernel may hold megabytes that the client is taking: what it had acknowledged
  // half-way is what its progress is measured by.
  const marked = progress.markedMs !== unmarked
  if (marked && waitedMs <= idleMs) return false
  const queue = queues.of(socket, marked ? progress.markedMs + leastMs : Number.NEGATIVE_INFINITY)
  // What cannot be read in time does not keep a dead client for ever.
  if (queue === 'later') return waitedMs > 2 * idleMs + patienceMs
  if (queue === undefined) return waitedMs > idleMs
  const acknowledged = taken - queue.octets
  const took = acknowledged - progress.acknowledged
  const tookMs = queue.atMs - progress.markedMs
  progress.acknowledged = acknowledged
  progress.markedMs = queue.atMs
  if (!marked) return false
  progress.sinceMs = nowMs
  return took < Math.max(1, (minBodyRateBytes * tookMs) / 1000)
}

// Does a client take what is sent to it? Looked at once a sweep, so that a write costs nothing for it.

import type { Socket } from 'node:net'

/** What was unsent at the last look, and since when that has not become less. */
export interface WriteProgress {
  pending: number
  sinceMs: number
}

// The kernel takes large buffers piecemeal; only libuv's queue shows it. The property is what node:net itself reads
// for its own timeouts; without it the progress is as coarse as whole buffers.
interface WithHandle {
  readonly _handle?: { readonly writeQueueSize?: number } | null
}

function pendingBytes(socket: Socket): number {
  const queued = (socket as unknown as WithHandle)._handle?.writeQueueSize
  return socket.writableLength + (queued ?? 0)
}

/** True when octets have waited for the client longer than `idleMs` without any of them going out. */
export function isWriteStalled(
  socket: Socket,
  progress: WriteProgress,
  nowMs: number,
  idleMs: number,
): boolean {
  const pending = pendingBytes(socket)
  if (pending === 0 || pending !== progress.pending) {
    progress.pending = pending
    progress.sinceMs = nowMs
    return false
  }
  return idleMs > 0 && nowMs - progress.sinceMs > idleMs
}

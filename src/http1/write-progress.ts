// Does a client take what is sent to it? Looked at once a sweep, so that a write costs nothing for it.

import type { Socket } from 'node:net'

/** How many octets the client's side had taken at the last look, and since when that has not become more. */
export interface WriteProgress {
  taken: number
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
  const taken = socket.bytesWritten - pending
  if (pending === 0 || taken > progress.taken) {
    progress.taken = taken
    progress.sinceMs = nowMs
    return false
  }
  return idleMs > 0 && nowMs - progress.sinceMs > idleMs
}

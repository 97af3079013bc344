// A write that goes to the kernel at once, for small pieces on sockets whose queue is empty.
// The stream machinery of node:net costs more than the system call itself: measured 3 to 4 us of CPU a write on a
// machine where a whole request costs 30, against 1 us here. What the kernel does not take falls back to the stream.

import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'

// Not documented, yet the only way to a socket's descriptor; null once the socket is closed, so that a descriptor that
// the kernel has given to somebody else meanwhile can never be written to.
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null
}

/** Writes all of the bytes, now or through the stream's queue. False: wait for 'drain', as with `socket.write`. */
export function writeNow(socket: Socket, bytes: Buffer): boolean {
  const fd = (socket as unknown as WithHandle)._handle?.fd
  if (fd === undefined || fd < 0 || socket.writableLength > 0 || socket.writableEnded || socket.connecting) {
    return socket.write(bytes)
  }
  let taken = 0
  try {
    taken = writeSync(fd, bytes)
  } catch {
    // EAGAIN: the queue takes it. A broken connection: the stream meets the same error and reports it as always.
  }
  return taken === bytes.length ? true : socket.write(taken === 0 ? bytes : bytes.subarray(taken))
}

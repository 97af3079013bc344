// Ends a connection so that its client can see that something is missing.

import type { Socket } from 'node:net'

/**
 * A reset on TCP. A unix socket has none (Node throws for it), so there it is a plain end: a close-delimited answer over a
 * unix socket cannot show that it was cut short; counted and chunked ones can.
 */
export function abortSocket(socket: Socket): void {
  if (socket.remotePort === undefined) socket.destroy()
  else socket.resetAndDestroy()
}

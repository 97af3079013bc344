// A complete answer on its way to the socket: one piece of memory and one write when it is small.

import type { Socket } from 'node:net'

/** Bodies up to this size are copied behind their head; a larger one is gathered by writev, and must be left alone. */
const copiedBytes = 64 * 1024

/** Writes head and body; returns the octets of the body. */
export function writeWhole(socket: Socket, head: string, body: Buffer | undefined): number {
  const size = body === undefined ? 0 : body.length
  if (body !== undefined && size > copiedBytes) {
    socket.cork()
    socket.write(head, 'latin1')
    socket.write(body)
    socket.uncork()
    return size
  }
  const whole = Buffer.allocUnsafe(head.length + size)
  whole.write(head, 0, 'latin1')
  body?.copy(whole, head.length)
  socket.write(whole)
  return size
}

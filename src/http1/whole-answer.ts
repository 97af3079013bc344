// A complete answer on its way to the socket: one piece of memory and one write when it is small.

import type { Socket } from 'node:net'
import { writeTo } from '../direct-write.ts'
import { maxJoinedBytes } from '../http/exchange.ts'

/** Writes head and body; returns the octets of the body. A large body is gathered by writev, and must be left alone. */
export function writeWhole(socket: Socket, head: string, body: Buffer | undefined): number {
  const size = body === undefined ? 0 : body.length
  if (body !== undefined && size > maxJoinedBytes) {
    socket.cork()
    socket.write(head, 'latin1')
    socket.write(body)
    socket.uncork()
    return size
  }
  writeTo(socket, joined(head, body))
  return size
}

/** Head and body in one piece of memory; `isKept` for one that stays, which must not hold on to more than itself. */
export function joined(head: string, body: Buffer | undefined, isKept = false): Buffer {
  const length = head.length + (body === undefined ? 0 : body.length)
  // The other comes out of a larger piece that lives as long as anything in it.
  const whole = isKept ? Buffer.allocUnsafeSlow(length) : Buffer.allocUnsafe(length)
  whole.write(head, 0, 'latin1')
  body?.copy(whole, head.length)
  return whole
}

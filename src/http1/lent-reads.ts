// Reading of accepted sockets into one buffer that all of them share. Without it Node allocates 64 KiB for every read, cuts
// them down to what came and has the rest of it collected: 2 to 3 us of every request. What connect() and the constructor
// of a socket have an option for, `onread`, a server has not; so what that option does is done to the accepted socket.

import { Socket } from 'node:net'
import { readBuffer, readBytes } from '../read-buffer.ts'

/** Octets that have come; lent ones are overwritten by the next read of any socket, so who keeps them copies them. */
export type Received = (bytes: Buffer, isLent: boolean) => void

interface Handle {
  useUserBuffer?(buffer: Buffer): void
}

type Inner = Record<symbol, unknown> & { readonly _handle?: Handle | null }

/** Where a socket has the buffer that it was told to read into, and whom it tells. */
export const [bufferKey, callbackKey] = ['kBuffer', 'kBufferCb'].map((name) =>
  Object.getOwnPropertySymbols(new Socket()).find(({ description }) => description === name),
)

/** Tells of everything that comes over a socket, in order, and lets it flow. */
export function readFrom(socket: Socket, received: Received): void {
  if (canLend(socket)) lend(socket, received)
  else socket.on('data', (bytes: Buffer) => received(bytes, false))
}

/** Only one that nobody has read from: what was put back comes from the stream. Not one whose octets are not those of the kernel. */
function canLend(socket: Socket): boolean {
  if (bufferKey === undefined || callbackKey === undefined || socket.readableFlowing !== null) return false
  const inner = socket as unknown as Inner
  return inner[bufferKey] === null && typeof inner._handle?.useUserBuffer === 'function'
}

function lend(socket: Socket, received: Received): void {
  const inner = socket as unknown as Inner
  inner[bufferKey as symbol] = readBuffer
  inner[callbackKey as symbol] = (count: number) => {
    received(readBytes(count), true)
    // Who does not want more has paused the socket.
    return true
  }
  inner._handle?.useUserBuffer?.(readBuffer)
  socket.resume()
}

// What joins a lane to sockets and slots: the bell, a socket pair on which one octet means "look", and a slot's shortcut.

import { Socket, type SocketConstructorOpts } from 'node:net'
import type { Line } from '../slot.ts'
import type { Lane } from './lane.ts'

/** What is written to ring. */
export const stroke = Buffer.from('!')
/** How many strokes count as one. */
const heard = Buffer.alloc(64)

/** Our end of the bell. */
export function bellSocket(fd: number, listen: () => void, gone: () => void): Socket {
  const onread = {
    buffer: heard,
    callback: () => {
      listen()
      return true
    },
  }
  // The types of Node 20 know onread for connect() only; the constructor is where it is handled.
  const bell = new Socket({ fd, readable: true, writable: true, onread } as SocketConstructorOpts)
  bell.on('error', () => {})
  bell.on('close', gone)
  return bell
}

/** The lane as the slot with this connection sees it. */
export function shortcutInto(lane: Lane, number: number): Line['shortcut'] {
  return ({ answered, returned }) => {
    const place = { number, answered, returned }
    return { post: (call) => lane.post(place, call), leave: () => lane.leave(place) }
  }
}

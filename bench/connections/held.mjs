// Many connections held open from one process: each sends something, and says nothing more.

import { connect } from 'node:net'

/** Connections opened at a time: more would overflow the backlog of the listener. */
const atOnce = 200

/**
 * Opens `count` connections that send `text`, and resolves when each has had an answer (or, with `silent`, has sent it).
 * The sockets stay open until `close`; those that the server closes are counted in `lost`.
 */
export async function hold(port, count, text, silent = false) {
  const sockets = []
  const state = { sockets, lost: 0, close: () => sockets.forEach((socket) => void socket.destroy()) }
  for (let begun = 0; begun < count; begun += atOnce) {
    const opened = Array.from({ length: Math.min(atOnce, count - begun) }, () => open(port, text, silent))
    for (const socket of await Promise.all(opened)) {
      socket.on('close', () => state.lost++)
      sockets.push(socket)
    }
  }
  return state
}

function open(port, text, silent) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(text)
      if (silent) resolve(socket)
    })
    socket.once('data', () => resolve(socket))
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('closed before it was answered')))
  })
}

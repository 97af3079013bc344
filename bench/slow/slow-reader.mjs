// A client that takes its answer slowly.

import { connect } from 'node:net'

const tickMs = 100

/** Reads so many octets a second, with a small receive window of its own making. */
export function slowReader(port, path, rate) {
  const socket = connect({ port, host: '127.0.0.1', highWaterMark: 4096 })
  const state = { socket, received: 0 }
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    state.received += bytes.length
    socket.pause()
  })
  socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`)
  state.timer = setInterval(() => {
    state.allowed = (state.allowed ?? 0) + (rate * tickMs) / 1000
    if (state.received < state.allowed) socket.resume()
  }, tickMs)
  return state
}

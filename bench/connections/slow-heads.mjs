// A process of many clients that send their heads octet by octet: slow-heads.mjs PORT COUNT EVERY_MS. Tells its parent on request
// how many are open and how many were closed.

import { connect } from 'node:net'

const [port, count, every] = process.argv.slice(2).map(Number)
const head = `GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${'x'.repeat(1000)}`

/** Sends a head octet by octet for ever; opens again what is closed. */
function slow(port, count) {
  const state = { open: 0, closed: 0, over: false }
  const begin = () => {
    if (state.over) return
    let at = 0
    const socket = connect(port, '127.0.0.1', () => {
      state.open++
      const timer = setInterval(() => socket.write(head[at++ % head.length]), every)
      socket.on('close', () => {
        clearInterval(timer)
        state.open--
        state.closed++
        setTimeout(begin, 100)
      })
    })
    socket.on('error', () => {})
    socket.resume()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  }
  const sockets = new Set()
  let begun = 0
  const opening = setInterval(() => {
    for (let i = 0; i < 100 && begun < count; i++, begun++) begin()
    if (begun === count) clearInterval(opening)
  }, 50)
  state.stop = () => {
    state.over = true
    for (const socket of sockets) socket.destroy()
  }
  return state
}

const state = slow(port, count)
process.on('message', () => process.send({ open: state.open, closed: state.closed }))

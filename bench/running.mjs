// Starting servers for a measurement and waiting for them.

import { connect, createServer } from 'node:net'

/** A TCP port of loopback that nobody has now. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Resolves when the port answers a request with 200. */
export async function untilAnswers(port) {
  const until = Date.now() + 20_000
  while (Date.now() < until) {
    const answered = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.setTimeout(1000, () => socket.destroy())
      socket.on('connect', () =>
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      )
      socket.on('data', (bytes) => resolve(bytes.toString('latin1').startsWith('HTTP/1.1 200')))
      socket.on('error', () => resolve(false))
      socket.on('close', () => resolve(false))
    })
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing answers on port ${port}`)
}

/** Resolves when the child has ended. */
export function exited(child) {
  return new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve()))
}

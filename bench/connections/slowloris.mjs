// Latency of normal requests while many connections send their heads octet by octet, beside the same without them.
// node bench/connections/slowloris.mjs [--connections 5000] [--seconds 20] [--every 1000]
// Each slow connection sends one octet every `every` ms and is opened again when the server has closed it.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { latencies } from '../latencies.mjs'
import { exited, freePort, untilAnswers } from '../running.mjs'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '20' },
    every: { type: 'string', default: '1000' },
  },
})
const here = dirname(fileURLToPath(import.meta.url))
const head = `GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ${'x'.repeat(1000)}`

/** Sends a head octet by octet for ever; opens again what is closed. */
function slow(port, count) {
  const state = { open: 0, closed: 0, over: false }
  const begin = () => {
    if (state.over) return
    let at = 0
    const socket = connect(port, '127.0.0.1', () => {
      state.open++
      const timer = setInterval(() => socket.write(head[at++ % head.length]), Number(values.every))
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

const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
mkdirSync(join(directory, 'run'))
mkdirSync(join(directory, 'files'))
writeFileSync(join(directory, 'files/index.html'), 'small')
const port = await freePort()
writeFileSync(
  join(directory, 'portico.yaml'),
  [
    `listen: ["127.0.0.1:${port}"]`,
    `runtime: ${join(directory, 'run')}`,
    `log: { access: off, error: ${join(directory, 'error.log')} }`,
    'limits: { connections_per_address: 0 }',
    'mounts: { /: { files: files } }',
  ].join('\n'),
)
const program = join(here, '../../bin/portico.js')
const server = spawn(process.execPath, [program, 'serve', join(directory, 'portico.yaml')], {
  stdio: 'ignore',
})
try {
  await untilAnswers(port)
  await latencies(port, 2)
  console.log(`alone:  ${(await latencies(port, Number(values.seconds))).text}`)
  const state = slow(port, Number(values.connections))
  await new Promise((resolve) => setTimeout(resolve, 6000))
  const open = state.open
  const { text } = await latencies(port, Number(values.seconds))
  console.log(`beside ${open} slow connections (${state.closed} were closed by their deadline): ${text}`)
  state.stop()
} finally {
  server.kill('SIGTERM')
  await exited(server)
  rmSync(directory, { recursive: true, force: true })
}

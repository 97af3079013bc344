// Slow readers and a long stream, on few slots: 200 clients read a 10 MB answer at 20 kB/s while another asks for
// 13 bytes again and again, and one listens to server-sent events all the time.
// node bench/slow/readers.mjs [--readers 200] [--rate 20000] [--seconds 60]
// Prints the latency of the small answers without and with the slow ones, the delay of the events, and memory.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { residentKib } from '../process-tree.mjs'
import { exited, freePort, untilAnswers } from '../running.mjs'

const { values } = parseArgs({
  options: {
    readers: { type: 'string', default: '200' },
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '60' },
  },
})
const here = dirname(fileURLToPath(import.meta.url))
const tickMs = 100

/** Reads so many octets a second, with a small receive window of its own making. */
function slowReader(port, rate) {
  const socket = connect({ port, host: '127.0.0.1', highWaterMark: 4096 })
  const state = { socket, received: 0 }
  socket.on('error', () => {})
  socket.on('data', (bytes) => {
    state.received += bytes.length
    socket.pause()
  })
  socket.write('GET /answer HTTP/1.1\r\nHost: bench\r\n\r\n')
  state.timer = setInterval(() => {
    state.allowed = (state.allowed ?? 0) + (rate * tickMs) / 1000
    if (state.received < state.allowed) socket.resume()
  }, tickMs)
  return state
}

function small(port, agent) {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/', agent }, (response) => {
      response.resume()
      response.on('end', () => resolve(performance.now() - began))
    }).on('error', reject)
  })
}

async function latencies(port, seconds) {
  const agent = new Agent({ keepAlive: true })
  const times = []
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    times.push(await small(port, agent))
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  agent.destroy()
  times.sort((a, b) => a - b)
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1)
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(1)} ms of ${times.length}`
}

function listenToEvents(port) {
  const delays = []
  const request = get({ port, host: '127.0.0.1', path: '/live/events', agent: false }, (response) => {
    response.setEncoding('latin1')
    response.on('data', (text) => {
      for (const [, time] of text.matchAll(/data: ([0-9.]+)/g)) delays.push(Date.now() - Number(time) * 1000)
    })
    response.on('error', () => {})
  })
  request.on('error', () => {})
  return { delays, stop: () => request.destroy() }
}

const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
mkdirSync(join(directory, 'run'))
const port = await freePort()
writeFileSync(
  join(directory, 'portico.yaml'),
  [
    `listen: ["127.0.0.1:${port}"]`,
    `runtime: ${join(directory, 'run')}`,
    `log: { access: off, error: ${join(directory, 'error.log')} }`,
    `spool: { directory: ${directory}, total: 4GiB }`,
    'applications:',
    `  fast: { wsgi: "app:application", directory: ${here}, processes: 2, threads: 1 }`,
    `  events: { wsgi: "app:application", directory: ${here}, processes: 1, threads: 1 }`,
    'mounts: { /: fast, /live: events }',
  ].join('\n'),
)
const config = join(directory, 'portico.yaml')
const server = spawn(process.execPath, [join(here, '../../bin/portico.js'), 'serve', config], {
  stdio: 'ignore',
})
try {
  await untilAnswers(port)
  const mib = () => `${(residentKib(server.pid) / 1024).toFixed(0)} MiB`
  console.log(`alone:      ${await latencies(port, 5)}; memory ${mib()}`)
  const events = listenToEvents(port)
  const readers = Array.from({ length: Number(values.readers) }, () => slowReader(port, Number(values.rate)))
  const measured = latencies(port, Number(values.seconds))
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  console.log(`after 10 s: memory ${mib()}`)
  console.log(`with ${values.readers} slow readers: ${await measured}; memory ${mib()}`)
  const received = readers.map((reader) => reader.received)
  console.log(
    `the readers have had ${Math.min(...received)} to ${Math.max(...received)} octets each, and read on`,
  )
  for (const { socket, timer } of readers) {
    clearInterval(timer)
    socket.destroy()
  }
  const { delays } = events
  console.log(
    `events: ${delays.length}, worst delay ${Math.max(...delays).toFixed(0)} ms over ${values.seconds} s`,
  )
  events.stop()
} finally {
  server.kill('SIGTERM')
  await exited(server)
  rmSync(directory, { recursive: true, force: true })
}

// Slow readers and a long stream, on few slots: 200 clients read a 10 MB answer at 20 kB/s while another asks for
// 13 bytes again and again, and one listens to server-sent events all the time.
// node bench/slow/readers.mjs [--readers 200] [--rate 20000] [--seconds 60]
// Prints the latency of the small answers without and with the slow ones, the delay of the events, and memory.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { latencies } from '../latencies.mjs'
import { residentKib } from '../process-tree.mjs'
import { exited, freePort, untilAnswers } from '../running.mjs'
import { slowReader } from './slow-reader.mjs'

const { values } = parseArgs({
  options: {
    readers: { type: 'string', default: '200' },
    rate: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '60' },
  },
})
const here = dirname(fileURLToPath(import.meta.url))

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
  console.log(`alone:      ${(await latencies(port, 5)).text}; memory ${mib()}`)
  const events = listenToEvents(port)
  const readers = Array.from({ length: Number(values.readers) }, () =>
    slowReader(port, '/answer', Number(values.rate)),
  )
  const measured = latencies(port, Number(values.seconds))
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  console.log(`after 10 s: memory ${mib()}`)
  console.log(`with ${values.readers} slow readers: ${(await measured).text}; memory ${mib()}`)
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

// Memory of idle kept connections: Portico's HTTP process beside a bare node:net server that holds them the same way.
// node --expose-gc bench/connections/idle.mjs [--connections 9900]
// Each connection has been answered once and is silent then. Both servers need `ulimit -n` above twice that number.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { processTree } from '../process-tree.mjs'
import { exited, freePort, untilAnswers } from '../running.mjs'
import { hold } from './held.mjs'

const { values } = parseArgs({ options: { connections: { type: 'string', default: '9900' } } })
const count = Number(values.connections)
const here = dirname(fileURLToPath(import.meta.url))
const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))

/** Answers each piece that comes, and keeps no state. */
const bare = `
const answer = Buffer.from('HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nsmall')
require('node:net').createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(answer))
  socket.on('error', () => {})
}).listen(Number(process.argv[1]), '127.0.0.1', 511)
`

function kib(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
}

/** Resident KiB a connection, after all have been silent for a while. */
async function measure(name, start, pidOf) {
  const port = await freePort()
  const child = start(port)
  try {
    await untilAnswers(port)
    // Warm: what the first thousand connections cost once is not a connection's.
    const warm = await hold(port, 1000, request)
    warm.close()
    await settle()
    const pid = pidOf(child.pid)
    const before = kib(pid)
    const held = await hold(port, count, request)
    await settle()
    const after = kib(pid)
    console.log(
      `${name.padEnd(10)} ${before} KiB alone, ${after} KiB with ${count}: ` +
        `${((after - before) / count).toFixed(2)} KiB a connection; ${held.lost} were closed meanwhile`,
    )
    held.close()
    return (after - before) / count
  } finally {
    child.kill('SIGTERM')
    await exited(child)
  }
}

function settle() {
  return new Promise((resolve) => setTimeout(resolve, 5000))
}

function portico(port) {
  mkdirSync(join(directory, 'run'))
  mkdirSync(join(directory, 'files'))
  writeFileSync(join(directory, 'files/index.html'), 'small')
  writeFileSync(
    join(directory, 'portico.yaml'),
    [
      `listen: ["127.0.0.1:${port}"]`,
      `runtime: ${join(directory, 'run')}`,
      `log: { access: off, error: ${join(directory, 'error.log')} }`,
      'limits: { keep_alive: 5m, connections: 1000000, connections_per_address: 0 }',
      'mounts: { /: { files: files } }',
    ].join('\n'),
  )
  const program = join(here, '../../bin/portico.js')
  return spawn(process.execPath, [program, 'serve', join(directory, 'portico.yaml')], { stdio: 'ignore' })
}

const httpProcess = (root) =>
  processTree(root).find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('http-main'))

try {
  const plain = await measure(
    'node:net',
    (port) => spawn(process.execPath, ['-e', bare, String(port)]),
    (pid) => pid,
  )
  const ours = await measure('portico', portico, httpProcess)
  console.log(`difference ${(ours - plain).toFixed(2)} KiB a connection`)
} finally {
  rmSync(directory, { recursive: true })
}

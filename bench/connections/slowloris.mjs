// Latency of normal requests while many connections send their heads octet by octet, beside the same without them.
// node bench/connections/slowloris.mjs [--connections 5000] [--seconds 20] [--every 1000]
// Each slow connection sends one octet every `every` ms and is opened again when the server has closed it.

import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

/** Reads what comes, answers nothing, closes after 15 s: the least a server can do about them. */
const bare = `
const server = require('node:net').createServer((socket) => {
  socket.on('data', () => {}).on('error', () => {})
  setTimeout(() => socket.destroy(), 15_000)
}).listen(0, '127.0.0.1', 511, () => console.log(server.address().port))
`

/** The latencies of our server while another port is attacked by a process of its own. */
async function attacked(target) {
  const slow = fork(join(here, 'slow-heads.mjs'), [String(target), values.connections, values.every])
  await new Promise((resolve) => setTimeout(resolve, 6000))
  const { text } = await latencies(port, Number(values.seconds))
  const [[state]] = await Promise.all([once(slow, 'message'), slow.send('report')])
  slow.kill()
  await exited(slow)
  return `${state.open} slow connections (${state.closed} closed by their deadline): ${text}`
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
  console.log(`alone:             ${(await latencies(port, Number(values.seconds))).text}`)
  // The attackers take their share of this machine, too: first they attack somebody else.
  const other = spawn(process.execPath, ['-e', bare], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(other.stdout.setEncoding('utf8'), 'data')
  console.log(`on another server: ${await attacked(Number(line))}`)
  other.kill()
  console.log(`on this one:       ${await attacked(port)}`)
} finally {
  server.kill('SIGTERM')
  await exited(server)
  rmSync(directory, { recursive: true, force: true })
}

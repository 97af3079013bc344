// CPU time per request of a 13-byte WSGI application: Portico, daemon and embedded, beside gunicorn,
// Apache mod_wsgi, daemon and embedded, uwsgi, and nginx -> uwsgi.
// node bench/wsgi/compare.mjs [--seconds 5] [--connections 32] [--rounds 2] [--threads 4] [--only NAME]
// [--module hello | page]: the 13 bytes, or a Django page (python3-django).
// Figures are of whole process trees; the servers run in turn, so that the machine's moods meet all of them.

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cpuSeconds } from '../process-tree.mjs'
import { exited, freePort, untilAnswers } from '../running.mjs'
import { runWrk } from '../wrk.mjs'
import { peers } from './peers.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '2' },
    threads: { type: 'string', default: '4' },
    module: { type: 'string', default: 'hello' },
    only: { type: 'string', default: '' },
  },
})
const here = dirname(fileURLToPath(import.meta.url))

function wrk(seconds, port) {
  return runWrk([`http://127.0.0.1:${port}/`], { seconds, connections: values.connections })
}

async function measure(index) {
  const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
  spawnSync('chmod', ['755', directory])
  mkdirSync(join(directory, 'run'))
  const port = await freePort()
  const place = {
    port,
    directory,
    application: here,
    portico: join(here, '../../bin/portico.js'),
    threads: Number(values.threads),
    module: values.module,
  }
  const peer = peers(place)[index]
  for (const [name, text] of Object.entries(peer.files)) writeFileSync(join(directory, name), `${text}\n`)
  const commands = [peer.command, ...(peer.also === undefined ? [] : [peer.also])]
  const children = commands.map(([program, ...args]) =>
    spawn(program, args, { stdio: 'ignore', cwd: directory }),
  )
  try {
    await untilAnswers(port)
    wrk(1, port)
    const roots = children.map((child) => child.pid)
    const before = cpuSeconds(roots)
    const { requests, trouble } = wrk(values.seconds, port)
    const spent = cpuSeconds(roots) - before
    return {
      name: peer.name,
      micros: (spent * 1e6) / requests,
      perSecond: requests / Number(values.seconds),
      trouble,
    }
  } finally {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(children.map(exited))
    rmSync(directory, { recursive: true, force: true })
  }
}

const names = peers({ port: 0, directory: '/', application: '/', portico: '', threads: 1, module: '' }).map(
  ({ name }) => name,
)
const results = new Map()
for (let round = 0; round < Number(values.rounds); round++) {
  for (const [index, name] of names.entries()) {
    if (values.only !== '' && !name.includes(values.only)) continue
    results.set(name, [...(results.get(name) ?? []), await measure(index)])
  }
}
console.log(
  `wrk -t1 -c${values.connections} -d${values.seconds}, ${values.rounds} rounds, ${cpus().length} x ${cpus()[0]?.model}`,
)
for (const [name, rounds] of results) {
  const micros = rounds.map((it) => it.micros.toFixed(1)).join(' / ')
  const rate = Math.round(Math.max(...rounds.map((it) => it.perSecond)))
  const trouble = rounds
    .map((it) => it.trouble)
    .filter(Boolean)
    .join(' | ')
  console.log(
    `${name.padEnd(18)} ${micros.padStart(18)} us CPU a request   ${String(rate).padStart(7)} requests/s  ${trouble}`,
  )
}

// CPU time per request for files of 1 KB, 100 KB and 10 MB: Portico beside nginx with and without its cache of open files,
// Apache and lighttpd.
// node bench/files/compare.mjs [--seconds 5] [--connections 32] [--rounds 3] [--sizes 1k,100k,10m] [--only NAME]
// One file of 1 KB; of the larger sizes 32 distinct files. Figures are of whole process trees; the servers run in turn, so
// that the machine's moods meet all of them.

import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
    rounds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '1k,100k,10m' },
    only: { type: 'string', default: '' },
  },
})
const here = dirname(fileURLToPath(import.meta.url))
const octets = { '1k': 1000, '100k': 100_000, '10m': 10_000_000 }
const sizes = values.sizes.split(',')

/** Every user may read them: Apache is not root. */
function writeSite() {
  const site = mkdtempSync(join(tmpdir(), 'portico-bench-site-'))
  chmodSync(site, 0o755)
  writeFileSync(join(site, 'index.html'), 'ready')
  for (const size of sizes) {
    mkdirSync(join(site, size))
    const content = Buffer.from(Array.from({ length: octets[size] }, (_, i) => (i * 7 + (i >> 8)) & 0xff))
    for (let i = 0; i < (size === '1k' ? 1 : 32); i++) writeFileSync(join(site, size, `${i}.bin`), content)
  }
  return site
}

function wrk(seconds, port, size) {
  const address = `http://127.0.0.1:${port}`
  const what = size === '1k' ? [`${address}/1k/0.bin`] : ['-s', join(here, 'distinct.lua'), address]
  const options = { seconds, connections: values.connections, env: { PORTICO_SIZE: size } }
  return runWrk(what, options)
}

async function measure(site, index, record) {
  const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
  chmodSync(directory, 0o755)
  mkdirSync(join(directory, 'run'))
  const port = await freePort()
  const place = { port, directory, root: site, portico: join(here, '../../bin/portico.js') }
  const { name, files, command } = peers(place)[index]
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), `${text}\n`)
  const [program, ...args] = command
  const child = spawn(program, args, { stdio: 'ignore', cwd: directory })
  try {
    await untilAnswers(port)
    for (const size of sizes) {
      wrk(1, port, size)
      const before = cpuSeconds([child.pid])
      const { requests, trouble } = wrk(values.seconds, port, size)
      const spent = cpuSeconds([child.pid]) - before
      record(size, name, {
        micros: (spent * 1e6) / requests,
        perSecond: requests / Number(values.seconds),
        trouble,
      })
    }
  } finally {
    child.kill('SIGTERM')
    await exited(child)
    rmSync(directory, { recursive: true, force: true })
  }
}

const site = writeSite()
const results = new Map(sizes.map((size) => [size, new Map()]))
const record = (size, name, figures) => {
  const named = results.get(size)
  named.set(name, [...(named.get(name) ?? []), figures])
}
try {
  const names = peers({ port: 0, directory: '/', root: '/', portico: '' }).map(({ name }) => name)
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [index, name] of names.entries()) {
      if (values.only === '' || name.includes(values.only)) await measure(site, index, record)
    }
  }
} finally {
  rmSync(site, { recursive: true, force: true })
}

/** The middle one: one lucky round of either side says nothing. */
const middle = (rounds) => rounds.map(({ micros }) => micros).sort((a, b) => a - b)[(rounds.length - 1) >> 1]
console.log(
  `wrk -t1 -c${values.connections} -d${values.seconds}, ${values.rounds} rounds, ${cpus().length} x ${cpus()[0]?.model}`,
)
for (const [size, named] of results) {
  console.log(
    `\n${size}: us CPU a request, the middle of the rounds beside that of nginx with open_file_cache`,
  )
  const measure = named.get('nginx, open_file_cache')
  for (const [name, rounds] of named) {
    const micros = rounds.map((it) => it.micros.toFixed(1)).join(' / ')
    const ratio = measure === undefined ? '' : (middle(rounds) / middle(measure)).toFixed(2)
    const rate = Math.round(Math.max(...rounds.map((it) => it.perSecond)))
    const trouble = rounds
      .map((it) => it.trouble)
      .filter(Boolean)
      .join(' | ')
    console.log(
      `${name.padEnd(24)} ${micros.padStart(22)}   ${ratio.padStart(5)}   ${String(rate).padStart(7)} requests/s  ${trouble}`,
    )
  }
}

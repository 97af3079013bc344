// CPU time per request of a small answer of a FastCGI application in C, behind Portico, nginx, Apache mod_proxy_fcgi and
// lighttpd, the application itself included.
// node bench/fastcgi/compare.mjs [--seconds 4] [--connections 32] [--rounds 3] [--only PART+PART] [--warm-up 2]
// CPU time is that of a control group, so every process is in it. The servers run in turn, so that the machine's moods meet
// all of them. Needs Debian's apache2, lighttpd, nginx, spawn-fcgi, multiwatch, libfcgi-dev, gcc and wrk.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { watchOthers } from '../cgi/others.mjs'
import { serving } from '../cgi/serving.mjs'
import { runWrk } from '../wrk.mjs'
import { peers } from './peers.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
})

const source = join(dirname(fileURLToPath(import.meta.url)), 'responder.c')
const site = mkdtempSync(join(tmpdir(), 'portico-fastcgi-'))
chmodSync(site, 0o755)
execFileSync('gcc', ['-O2', '-o', join(site, 'responder'), source, '-lfcgi'])

const names = peers({ port: 0, directory: '/', site: '/', portico: '' })
  .map(({ name }) => name)
  .filter((name) => values.only.split('+').some((part) => name.includes(part)))
const results = new Map(names.map((name) => [name, []]))

function measure({ port, group }) {
  const run = (seconds) => runWrk([`http://127.0.0.1:${port}/`], { seconds, connections: values.connections })
  run(values['warm-up'])
  const others = watchOthers(group)
  const before = group.seconds
  const { requests, trouble } = run(values.seconds)
  const micros = ((group.seconds - before) * 1e6) / requests
  return { micros, perSecond: requests / Number(values.seconds), others: others(), trouble }
}

try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of names) results.get(name).push(await serving(name, site, measure, peers))
  }
} finally {
  rmSync(site, { recursive: true, force: true })
}

/** The middle one: one lucky round of either side says nothing. */
const middle = (rounds) => rounds.map(({ micros }) => micros).sort((a, b) => a - b)[(rounds.length - 1) >> 1]

const own = results.get('portico')
console.log(
  `wrk -t1 -c${values.connections} -d${values.seconds}, ${values.rounds} rounds, ${cpus().length} x ${cpus()[0]?.model}`,
)
console.log(
  `${''.padEnd(14)} ${'us CPU a request'.padStart(20)} ${'requests/s'.padStart(24)}  ${'others, CPUs'.padEnd(13)} portico is`,
)
for (const [name, rounds] of results) {
  const micros = rounds.map((it) => it.micros.toFixed(1)).join(' / ')
  const rate = rounds.map((it) => it.perSecond.toFixed(0)).join(' / ')
  const others = rounds.map((it) => it.others.toFixed(1)).join(' ')
  const trouble = rounds.map((it) => it.trouble).filter(Boolean)
  const ratio = own === undefined ? '' : (middle(own) / middle(rounds)).toFixed(2)
  console.log(
    `${name.padEnd(14)} ${micros.padStart(20)} ${rate.padStart(24)}  ${others.padEnd(13)} ${ratio}  ${trouble.join(' | ')}`,
  )
}

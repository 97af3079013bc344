// Requests per second and CPU time per request of CGI scripts: Portico, with warm interpreters and without, beside Apache
// mod_cgid, lighttpd mod_cgi and nginx with fcgiwrap.
// node bench/cgi/compare.mjs [--seconds 4] [--connections 32] [--rounds 3] [--only PART+PART] [--scripts 'C hello,shell hello']
//   [--warm-up 4] [--calm 0.3] [--tries 3]
// Every measurement during which others used more CPUs than --calm is made again, up to --tries times, and the calmest counts.
// CPU time is that of a control group, so it has every child in it, waited for or not. The servers run in turn, so that the
// machine's moods meet all of them. Needs Debian's apache2, lighttpd, nginx, fcgiwrap, spawn-fcgi, gcc, libc6-dev and wrk.

import { rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runWrk } from '../wrk.mjs'
import { ControlGroup } from './control-group.mjs'
import { watchOthers } from './others.mjs'
import { peersNamed } from './peers.mjs'
import { measured, writeSite } from './scripts.mjs'
import { serving } from './serving.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '32' },
    rounds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '4' },
    calm: { type: 'string', default: '0.3' },
    tries: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    scripts: { type: 'string', default: Object.keys(measured).join(',') },
  },
})
const check = join(dirname(fileURLToPath(import.meta.url)), 'check.lua')
const scripts = values.scripts.split(',')
const names = peersNamed(values.only)

function wrk(seconds, port, { path, begins, ends }) {
  const what = ['-s', check, `http://127.0.0.1:${port}${path}`]
  const env = { PORTICO_BEGINS: begins, PORTICO_ENDS: ends }
  return runWrk(what, { seconds, connections: values.connections, env })
}

function measureOnce(port, group, script) {
  const others = watchOthers(group)
  const before = group.seconds
  const { requests, trouble } = wrk(values.seconds, port, script)
  const spent = group.seconds - before
  return {
    micros: (spent * 1e6) / requests,
    perSecond: requests / Number(values.seconds),
    others: others(),
    trouble,
  }
}

async function measure(name, record) {
  await serving(name, site, async ({ port, group }) => {
    for (const script of scripts) {
      wrk(values['warm-up'], port, measured[script])
      let calmest
      for (let again = 0; again < Number(values.tries); again++) {
        const figures = measureOnce(port, group, measured[script])
        if (calmest === undefined || figures.others < calmest.others) calmest = figures
        if (calmest.others <= Number(values.calm)) break
      }
      record(script, name, calmest)
    }
  })
}

const site = writeSite()
const results = new Map(scripts.map((script) => [script, new Map()]))
const record = (script, name, figures) => {
  const named = results.get(script)
  named.set(name, [...(named.get(name) ?? []), figures])
}
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of names) await measure(name, record)
  }
} finally {
  rmSync(site, { recursive: true, force: true })
}

/** The middle one: one lucky round of either side says nothing. */
const middle = (rounds, figure) =>
  rounds.map((round) => round[figure]).sort((a, b) => a - b)[(rounds.length - 1) >> 1]

/** CPU time and rate beside those of another server. */
function ratios(rounds, other) {
  if (other === undefined) return ''
  return ['micros', 'perSecond'].map((it) => (middle(rounds, it) / middle(other, it)).toFixed(2)).join(' ')
}

const group = new ControlGroup()
const { kind } = group
await group.remove()
console.log(
  `wrk -t1 -c${values.connections} -d${values.seconds}, ${values.rounds} rounds, ${cpus().length} x ${cpus()[0]?.model}, ${kind}`,
)
console.log('In the last columns: CPU time and rate in the middle round, as parts of those of the peer')
const besides = names.filter((name) => !name.startsWith('portico'))
for (const [script, named] of results) {
  const heads = besides.map((name) => name.split(' ')[0].padStart(12)).join('')
  console.log(
    `\n${script.padEnd(22)} ${'us CPU a request'.padStart(24)} ${'requests/s'.padStart(22)}  ${'others, CPUs'.padEnd(12)}  ${heads}`,
  )
  for (const [name, rounds] of named) {
    const micros = rounds.map((it) => it.micros.toFixed(0)).join(' / ')
    const rate = rounds.map((it) => it.perSecond.toFixed(0)).join(' / ')
    const others = rounds.map((it) => it.others.toFixed(1)).join(' ')
    const columns = besides.map((other) => ratios(rounds, named.get(other)).padStart(12)).join('')
    const trouble = rounds
      .map((it) => it.trouble)
      .filter(Boolean)
      .join(' | ')
    console.log(
      `${name.padEnd(22)} ${micros.padStart(24)} ${rate.padStart(22)}  ${others.padEnd(12)}  ${columns}  ${trouble}`,
    )
  }
}

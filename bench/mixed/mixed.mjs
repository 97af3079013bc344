// Ten minutes of everything at once: files, a daemon and an embedded application, uploads, clients that go away, idle connections.
// node bench/mixed/mixed.mjs [--minutes 10] [--every 15]
// Memory, descriptors and threads of every process must be flat once it is warm, and no request may fail.

import { randomFillSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Server, within } from '../controlled.mjs'
import { freePort, untilAnswers } from '../running.mjs'
import { crc32, kinds, runClients } from './clients.mjs'
import { figureNames, figuresOf, verdict } from './figures.mjs'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, every: { type: 'string', default: '15' } },
})
const totalMs = Number(values.minutes) * 60_000
const everyMs = Number(values.every) * 1000
const workers = 2
const patienceMs = 30_000
const mib = 1024 * 1024
const largeOctets = 16 * mib

const here = dirname(fileURLToPath(import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
const port = await freePort()
const runtime = join(directory, 'run')
const log = join(directory, 'error.log')

function noise(octets) {
  return randomFillSync(Buffer.alloc(octets))
}

const world = {
  port,
  small: Buffer.from('a small file\n'.repeat(80)),
  large: noise(largeOctets),
  bodies: [1, 2, 3, 4, 5].map((size) => {
    const bytes = noise(size * mib - size)
    return { bytes, check: crc32(bytes) }
  }),
}

mkdirSync(join(directory, 'files'))
writeFileSync(join(directory, 'files/small.txt'), world.small)
writeFileSync(join(directory, 'files/large.bin'), world.large)
const application = `wsgi: "app:application", directory: ${here}, python: /usr/bin/python3, threads: 4`
const configuration = join(directory, 'portico.yaml')
writeFileSync(
  configuration,
  [
    `listen: ["127.0.0.1:${port}"]`,
    `runtime: ${runtime}`,
    `log: { access: ${join(directory, 'access.log')}, error: ${log} }`,
    'applications:',
    `  daemon: { ${application}, processes: ${workers} }`,
    `  embedded: { ${application}, mode: embedded }`,
    'mounts:',
    '  /: daemon',
    '  /embedded: embedded',
    `  /files: { files: ${join(directory, 'files')} }`,
  ].join('\n'),
)

/** Figures by process, in the order of time. */
const seen = new Map()

function look(processes, atMs) {
  const cells = processes.map(([name, pid]) => {
    const figures = figuresOf(pid)
    const list = seen.get(name) ?? []
    seen.set(name, list)
    if (figures === undefined) return `${name} HAS ENDED`
    list.push(figures)
    return `${name} ${figures.rssMib} MiB ${figures.descriptors} fd ${figures.threads} thr`
  })
  console.log(`${String(Math.round(atMs / 1000)).padStart(4)} s  ${cells.join(' | ')}`)
}

const server = new Server({ configuration, log, runtime })
try {
  await untilAnswers(port)
  const whole = await within(patienceMs, () => server.whole({ application: 'daemon', workers }))
  if (whole === undefined) throw new Error(`the server does not start:\n${server.log}`)
  const processes = [
    ['supervisor', server.pid],
    ['http', whole.http],
    ...whole.workers.map((pid, n) => [`worker ${n + 1}`, pid]),
  ]
  const beganMs = performance.now()
  const sinceMs = () => performance.now() - beganMs
  const load = runClients(kinds(world), () => sinceMs() >= totalMs)
  for (let n = 0; n * everyMs <= totalMs; n++) {
    await wait(Math.max(0, n * everyMs - sinceMs()))
    look(processes, sinceMs())
  }
  const counts = await load

  console.log(`\n${'requests'.padEnd(24)} ${'count'.padStart(7)}  unexpected failures`)
  let failed = 0
  for (const [name, { requests, failures }] of counts) {
    failed += failures.length
    console.log(
      `${name.padEnd(24)} ${String(requests).padStart(7)}  ${failures.length} ${[...new Set(failures)].join(', ')}`,
    )
  }

  console.log('\nlast three quarters      figure        first    last     most     verdict')
  let growing = 0
  for (const [name, list] of seen) {
    for (const figure of figureNames) {
      const { first, last, most, grows, early, late } = verdict(
        figure,
        list.map((one) => one[figure]),
      )
      if (grows) growing++
      const cells = [first, last, most].map((value) => String(value).padEnd(8)).join(' ')
      console.log(
        `${name.padEnd(24)} ${figure.padEnd(13)} ${cells} ${grows ? `GROWING: ${early} to ${late}` : 'flat'}`,
      )
    }
  }
  const now = await server.whole({ application: 'daemon', workers })
  const same = now?.http === whole.http && whole.workers.every((pid) => now.workers.includes(pid))
  console.log(`\nthe processes at the end ${same ? 'are those of the start' : 'are OTHERS'}`)
  const events = server.log
    .split('\n')
    .flatMap((line) => /^\S+ (?:warn|error) \S+/.exec(line)?.[0].replace(/^\S+ /, '') ?? [])
  const tally = new Map()
  for (const event of events) tally.set(event, (tally.get(event) ?? 0) + 1)
  console.log(
    `warnings and errors in the log: ${[...tally].map(([event, count]) => `${count} ${event}`).join(', ') || 'none'}`,
  )
  process.exitCode = failed + growing > 0 || !same ? 1 : 0
} finally {
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
}

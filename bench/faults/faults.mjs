// Faults under load, one after the other: how many requests are lost, and when the service is whole again.
// node bench/faults/faults.mjs [--only WORDS]   as root for a control group and a small disk; Debian's libfaketime for the clock
// Only what the killed part held may be lost; a line that breaks this ends with "NOT RIGHT", and so does the program, with exit code 1.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Server, within } from '../controlled.mjs'
import { freePort, untilAnswers } from '../running.mjs'
import { clockJumps } from './clock.mjs'
import { faults } from './list.mjs'
import { Load } from './load.mjs'
import { makeControlGroup, mountSmall, unmount } from './places.mjs'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const workers = 2
const memoryOctets = 512 * 1024 * 1024
const diskOctets = 16 * 1024 * 1024
const quietMs = 1000
const patienceMs = 60_000
const fileText = 'a file\n'.repeat(1000)

const here = dirname(fileURLToPath(import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'portico-bench-'))
const runtime = join(directory, 'run')
const disk = join(directory, 'disk')
const log = join(disk, 'error.log')
const group = makeControlGroup(memoryOctets)
const mounted = mountSmall(disk, diskOctets)
const port = await freePort()

mkdirSync(join(directory, 'files'))
writeFileSync(join(directory, 'files/file.txt'), fileText)

function configure(more = '') {
  const application = `wsgi: "app:application", directory: ${here}, python: /usr/bin/python3, processes: ${workers}, threads: 4`
  const limits = 'request_time: 10s, deadlock_time: 2s, drain_time: 5s, memory: 160MiB'
  const path = join(directory, 'portico.yaml')
  writeFileSync(
    path,
    [
      `listen: ["127.0.0.1:${port}"]`,
      `runtime: ${runtime}`,
      `spool: { directory: ${disk} }`,
      `log: { access: ${join(disk, 'access.log')}, error: ${log} }`,
      'applications:',
      `  faulty: { ${application}, limits: { ${limits} }${more} }`,
      'mounts:',
      '  /: faulty',
      '  /limited: { rate: { requests: 5, per: 1h } }',
      '  /recovering: { rate: { requests: 5, per: 2s } }',
      `  /files: { files: ${join(directory, 'files')} }`,
    ].join('\n'),
  )
  return path
}

const usual = { path: '/', answer: (n) => `the usual answer ${n}` }
const file = { path: '/files/file.txt', answer: () => fileText }
const connections = [usual, usual, usual, usual, usual, usual, file, file]

/** Ids of the requests that the dead are said to have held. */
function heldIn(said) {
  const found = [...said.matchAll(/It held the requests? ([^\n]*)/g)].flatMap((match) => match[1].split(', '))
  return new Set(found)
}

/** The first line of that event, without its date. */
function explanation(said, events) {
  const lines = said.split('\n')
  const at = lines.findIndex((line) => new RegExp(`^\\S+ \\w+ (${events})`).test(line))
  if (at < 0) return 'NOTHING IN THE LOG'
  const next = lines[at + 1]?.startsWith('    ') ? ` ${lines[at + 1].trim()}` : ''
  return `${lines[at].replace(/^\S+ /, '')}${next}`
}

async function measure(fault, server, load) {
  const whole = await within(patienceMs, () => server.whole({ application: 'faulty', workers }))
  if (whole === undefined)
    throw new Error(`no whole service before: ${fault.name}\n${server.log.slice(-2000)}`)
  await wait(quietMs)
  const before = server.log.length
  const beganMs = performance.now()
  const outcome = await fault.run({
    server,
    load,
    whole,
    port,
    runtime,
    disk: mounted ? disk : undefined,
    hasControlGroup: group !== undefined,
    directory,
  })
  if (outcome.skipped !== undefined) return { name: fault.name, skipped: outcome.skipped, right: true }
  const backMs = await within(patienceMs, async () => {
    const now = await server.whole({ application: 'faulty', workers })
    const old = outcome.gone ?? []
    if (now === undefined || old.includes(now.http) || now.workers.some((pid) => old.includes(pid)))
      return undefined
    return performance.now()
  })
  const right =
    backMs !== undefined && (await within(patienceMs, async () => load.rightSince(backMs) || undefined))
  await wait(quietMs)
  const said = server.log.slice(before)
  const lost = load.lostSince(beganMs)
  const held = heldIn(said)
  const named = lost.map(({ body }) => /<code>([^<]+)</.exec(body)?.[1])
  // A connection that broke names no request: each that was there may have lost one.
  const unheld =
    outcome.held === undefined
      ? named.filter((id) => !held.has(id)).length
      : lost.length - new Set(lost.filter(({ why }) => why === 'ECONNRESET').map(({ client }) => client)).size
  const count = outcome.held ?? held.size
  const why = [...new Set(lost.map((one) => one.why))].join(', ')
  const explained = fault.says === undefined ? '' : explanation(said, fault.says)
  return {
    name: fault.name,
    lost: `${lost.length}${why === '' ? '' : ` (${why})`}`,
    held: String(count),
    unheld,
    full:
      backMs === undefined
        ? 'never'
        : `${((outcome.tookMs ?? backMs - (outcome.fromMs ?? beganMs)) / 1000).toFixed(2)} s`,
    note: outcome.note ?? '',
    explained,
    right:
      right === true &&
      unheld === 0 &&
      count <= (fault.most ?? connections.length) &&
      !explained.startsWith('NOTHING') &&
      !outcome.wrong,
  }
}

function print(row) {
  if (row.skipped !== undefined) {
    console.log(`${row.name.padEnd(27)} skipped: ${row.skipped}`)
    return
  }
  const cells = [
    row.name.padEnd(27),
    row.lost.padEnd(18),
    row.held.padEnd(5),
    String(row.unheld).padEnd(9),
    row.full.padEnd(13),
  ]
  console.log(`${cells.join(' ')}${row.right ? '' : ' NOT RIGHT'}`)
  for (const line of [row.note, row.explained]) if (line !== '') console.log(`    ${line}`)
}

// Whoever interrupts it must not find a mounted disk afterwards.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    running?.kill()
    if (mounted) unmount(disk)
    process.exit(1)
  })
}

const rows = []
let running
async function run(list, start) {
  const chosen = list.filter(({ name }) => name.includes(values.only))
  if (chosen.length === 0) return
  const server = start()
  running = server
  const load = new Load(port, connections)
  try {
    await untilAnswers(port)
    load.start()
    for (const fault of chosen) {
      const row = await measure(fault, server, load)
      print(row)
      rows.push(row)
    }
  } finally {
    await load.stop()
    await server.stop()
  }
}

console.log(`${'fault'.padEnd(27)} ${'lost'.padEnd(18)} held  not held  full service`)
try {
  await run(faults, () => new Server({ configuration: configure(), log, runtime, tasks: group?.tasks }))
  await run(clockJumps.faults, () => clockJumps.start({ directory, configure, log, runtime }))
} finally {
  if (mounted) unmount(disk)
  await group?.remove()
  rmSync(directory, { recursive: true, force: true })
}
process.exitCode = rows.every(({ right }) => right) ? 0 : 1

// Ten thousand requests for scripts of all kinds by clients that leave at random times, and what is left of them afterwards:
// processes, zombies, descriptors, temporary files, memory.
// node bench/cgi/disconnects.mjs [--requests 10000] [--at-once 32] [--only portico] [--settle 30]
// Exit code 1 when something is left.

import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { within } from '../controlled.mjs'
import { figuresOf } from '../mixed/figures.mjs'
import { processTree } from '../process-tree.mjs'
import { everyOne, visits } from './leavers.mjs'
import { peersNamed } from './peers.mjs'
import { writeSite } from './scripts.mjs'
import { serving } from './serving.mjs'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '32' },
    only: { type: 'string', default: 'portico' },
    settle: { type: 'string', default: '30' },
  },
})
const atOnce = Number(values['at-once'])

/** [state, command] of a process; undefined when it is gone. */
function facts(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()
    return { state: text.slice(text.lastIndexOf(')') + 2)[0], command: command || text.split(' ')[1] }
  } catch {
    return undefined
  }
}

/** What each open descriptor of a process is, numbers of sockets and pipes left out. */
function descriptors(pid) {
  const found = {}
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const what = readlinkSync(`/proc/${pid}/fd/${name}`).replace(/:\[[0-9]+\]$/, '')
      found[what] = (found[what] ?? 0) + 1
    }
  } catch {
    // The descriptor or the process has gone meanwhile; the next look finds it so.
  }
  return found
}

/** All processes, those whose parent has ended included, by id. */
function look({ group, roots }) {
  const all = new Map()
  for (const pid of new Set([...roots.flatMap(processTree), ...group.members])) {
    const found = facts(pid)
    const figures = figuresOf(pid)
    if (found === undefined || figures === undefined) continue
    const open = found.state === 'Z' ? {} : descriptors(pid)
    all.set(pid, { ...found, ...figures, open })
  }
  return all
}

/** What of the later look was not there at the earlier one. */
function leftovers(before, after) {
  const left = []
  for (const [pid, now] of after) {
    const then = before.get(pid)
    if (now.state === 'Z') left.push(`zombie ${pid}: ${now.command}`)
    else if (then === undefined) left.push(`process ${pid}: ${now.command}`)
    else {
      for (const [what, count] of Object.entries(now.open))
        if (count > (then.open[what] ?? 0))
          left.push(`${pid}: ${count - (then.open[what] ?? 0)} more of ${what}`)
    }
  }
  for (const [pid, then] of before) if (!after.has(pid)) left.push(`${pid} has ended: ${then.command}`)
  return left
}

const filesIn = (directories) =>
  directories.flatMap((path) => readdirSync(path).map((name) => join(path, name)))

/** What the server says of its own processes, the lines of the requests left out. */
function complaints(directory) {
  for (const name of readdirSync(directory).filter((one) => one.endsWith('error.log'))) {
    const lines = readFileSync(join(directory, name), 'latin1').split('\n')
    const own = lines.filter((line) => / worker\.| error |Traceback|^\s/.test(line))
    for (const line of own.slice(0, 60)) console.log(`  ${name}: ${line}`)
  }
}

async function measure(served) {
  const { port, directory } = served
  await everyOne(port, atOnce)
  const before = await settled(() => look(served))
  const own = [join(directory, 'spool'), join(directory, 'tmp')]
  const shared = new Set(filesIn([tmpdir(), '/var/tmp']))
  const began = performance.now()
  const results = await visits(port, Number(values.requests), atOnce)
  const seconds = (performance.now() - began) / 1000
  console.log(`  ${values.requests} requests in ${seconds.toFixed(0)} s`)
  let wrong = 0
  for (const [kind, { left = 0, right = 0, ...others }] of results) {
    const odd = Object.entries(others).map(([how, count]) => `${count} x ${how}`)
    wrong += odd.length
    console.log(
      `  ${kind.padEnd(13)} left ${left}, answered ${right}${odd.map((one) => `, WRONG: ${one}`).join('')}`,
    )
  }
  const ended = performance.now()
  let left = []
  await within(Number(values.settle) * 1000, () => {
    left = [...leftovers(before, look(served)), ...filesIn(own)]
    return left.length === 0 ? true : undefined
  })
  console.log(`  settled after ${((performance.now() - ended) / 1000).toFixed(1)} s`)
  for (const [pid, now] of look(served)) {
    const then = before.get(pid)
    const change = (name) => `${then?.[name] ?? '-'} -> ${now[name]}`
    console.log(
      `  ${String(pid).padStart(7)} ${change('rssMib')} MiB, ${change('descriptors')} descriptors, ${change('threads')} threads: ${now.command.slice(0, 100)}`,
    )
  }
  for (const one of left) console.log(`  LEFT: ${one}`)
  if (left.length + wrong > 0) complaints(directory)
  const strange = filesIn([tmpdir(), '/var/tmp']).filter((path) => !shared.has(path))
  if (strange.length > 0)
    console.log(`  new in shared places, by whomever: ${strange.slice(0, 10).join(' ')}`)
  // The server must be well.
  await everyOne(port, atOnce)
  return left.length + wrong
}

/** What looks the same for a second. */
async function settled(take) {
  const text = (all) => JSON.stringify([...all].map(([pid, { open }]) => [pid, open]))
  let last = take()
  let since = performance.now()
  await within(20_000, () => {
    const next = take()
    if (text(next) !== text(last)) since = performance.now()
    last = next
    return performance.now() - since > 1000 ? true : undefined
  })
  return last
}

const site = writeSite()
try {
  for (const name of peersNamed(values.only)) {
    console.log(name)
    if ((await serving(name, site, measure)) > 0) process.exitCode = 1
  }
} finally {
  rmSync(site, { recursive: true, force: true })
}

// The system's clock jumps by a day, for the server and its workers alone: libfaketime reads the difference from a file.
// The monotonic clock is left as it is, as the kernel leaves it.

import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Server, within } from '../controlled.mjs'
import { ask } from './load.mjs'
import { fakeClock } from './places.mjs'

const dayMs = 86_400_000
const nearMs = 5000
const patienceMs = 5000
const slowSeconds = 3
const afterMs = 1500

let clockFile = ''
const library = fakeClock()

function setClock(difference) {
  writeFileSync(`${clockFile}.new`, difference)
  renameSync(`${clockFile}.new`, clockFile)
}

function start({ directory, configure, log, runtime }) {
  clockFile = join(directory, 'clock')
  setClock('+0d')
  const environment = {
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  const pairs = Object.entries(environment).map(([name, value]) => `${name}: "${value}"`)
  const configuration = configure(`, environment: { ${pairs.join(', ')} }`)
  return new Server({ configuration, log, runtime, environment })
}

function near(text, atMs) {
  return Math.abs(Date.parse(text) - atMs) < nearMs
}

/** How many of ten requests a rate of five lets through. */
async function letThrough(port, path) {
  let count = 0
  for (let n = 0; n < 10; n++) if ((await ask(port, path)).why === '') count++
  return count
}

async function jump({ port, directory, server }, days) {
  if (library === undefined) return { skipped: 'libfaketime is not installed' }
  const first = await letThrough(port, '/limited')
  await letThrough(port, '/recovering')
  const file = '/files/file.txt'
  const { etag } = (await ask(port, file)).headers
  const slow = ask(port, `/slow?${slowSeconds}`, { expected: 'slow' })
  await wait(afterMs)
  const before = server.log.length
  setClock(`${days < 0 ? '' : '+'}${days}d`)
  const there = () => Date.now() + days * dayMs
  const faults = []
  const dated = await within(
    patienceMs,
    async () => near((await ask(port, file)).headers.date, there()) || undefined,
  )
  if (dated === undefined) faults.push('Date does not follow')
  if ((await slow).why !== '') faults.push(`a request in progress: ${(await slow).why}`)
  if ((await ask(port, file, { headers: { 'If-None-Match': etag } })).status !== 304)
    faults.push('no 304 for a file that is the same')
  writeFileSync(join(directory, 'files/other.txt'), String(days))
  if ((await ask(port, '/files/other.txt')).body !== String(days))
    faults.push('a file that has changed is answered as it was')
  const later = await letThrough(port, '/limited')
  if (later > 0) faults.push(`the rate let through ${later} more`)
  const recovered = await letThrough(port, '/recovering')
  if (recovered === 0) faults.push('a rate that was used up before does not recover')
  await ask(port, '/wrong%2Fpath')
  await wait(afterMs)
  const line = server.log.slice(before).trim().split('\n').at(-1) ?? ''
  if (!near(line.split(' ')[0], there())) faults.push(`the log has another date: ${line}`)
  const well = 'Date and log follow; deadlines, connections, the rate, 304 and changed files as before'
  return {
    fromMs: performance.now(),
    note: `${faults.join('; ') || well}; the rate let through ${first} of 5 an hour before, ${later} after; ${recovered} of 5 in 2 s`,
    wrong: faults.length > 0,
  }
}

export const clockJumps = {
  start,
  faults: [
    { name: 'clock a day forward', most: 0, run: (context) => jump(context, 1) },
    { name: 'clock back to now', most: 0, run: (context) => jump(context, 0) },
    { name: 'clock a day back', most: 0, run: (context) => jump(context, -1) },
  ],
}

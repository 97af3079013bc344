// The faults, one by one. `most`: how many requests the killed part can hold. `run` does it and resolves to what is to be
// said of it; with `fromMs` when the way back begins only then, with `tookMs` when it is over already, and with `gone`, the
// processes that must not be there afterwards. `says` finds the line of the log that explains it.

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { within } from '../controlled.mjs'
import { ask } from './load.mjs'
import { fill, free } from './places.mjs'

const slots = 4
const patienceMs = 60_000
const fullMs = 3000
const leakPauseMs = 100
const uploadOctets = 2 * 1024 * 1024
const upload = { method: 'POST', body: Buffer.alloc(uploadOctets, 'u') }

export const faults = [
  {
    name: 'worker SIGKILL',
    most: slots,
    says: 'worker.exited',
    run: ({ whole }) => kill(whole.workers[0], 'SIGKILL'),
  },
  {
    name: 'worker SIGSTOP',
    most: slots,
    says: 'worker.exited',
    run: ({ whole }) => kill(whole.workers[0], 'SIGSTOP'),
  },
  {
    name: 'worker out of memory',
    most: slots,
    says: 'worker.exited',
    run: async ({ port, hasControlGroup }) => {
      if (!hasControlGroup) return { skipped: 'no control group can be made here' }
      return own(await ask(port, '/memory'))
    },
  },
  { name: 'worker that leaks', most: 0, says: 'worker.worn', run: leak },
  {
    name: 'GIL held for ever in C',
    most: slots,
    says: 'worker.exited',
    run: async ({ port }) => own(await ask(port, '/lock')),
  },
  {
    name: 'HTTP process SIGKILL',
    says: 'http.exited',
    // A connection that waits for its next request may have got one when it dies.
    run: ({ whole, load }) => ({
      ...kill(whole.http, 'SIGKILL'),
      held: load.connections,
      note: `held are its connections; on ${load.outstanding} of them a request was in progress`,
    }),
  },
  { name: 'disk full, spool and log', most: 0, says: 'log.failed', run: diskFull },
  { name: 'runtime directory removed', most: 0, says: 'runtime.removed', run: runtimeRemoved },
  {
    name: 'the same, worker SIGKILL',
    most: slots,
    says: 'runtime.removed',
    run: async (context) => {
      const { gone, note } = await runtimeRemoved(context)
      kill(context.whole.workers[0], 'SIGKILL')
      return { gone, note }
    },
  },
]

function kill(pid, signal) {
  process.kill(pid, signal)
  return { gone: [pid] }
}

function own({ why, tookMs }) {
  return { note: `its own request: ${why} after ${(tookMs / 1000).toFixed(1)} s` }
}

async function leak({ port, whole, server }) {
  const before = server.log.length
  const bad = []
  const retired = () => {
    const said = server.log.slice(before)
    return (
      whole.workers.every((pid) => new RegExp(`worker\\.retired .*pid=${pid}\\b`).test(said)) || undefined
    )
  }
  let asked = 0
  await within(patienceMs, async () => {
    asked++
    const { why } = await ask(port, '/leak', { expected: 'leaked' })
    if (why !== '') bad.push(why)
    await wait(leakPauseMs)
    return retired()
  })
  return {
    gone: whole.workers,
    fromMs: performance.now(),
    note: `${asked} leaks of 2 MiB, ${bad.length} lost; ${retired() ? 'both workers replaced' : 'NOT replaced'}`,
  }
}

async function diskFull({ port, disk, load, server }) {
  if (disk === undefined) return { skipped: 'no small file system can be mounted here' }
  const first = load.answered.length
  fill(join(disk, 'filling'))
  await wait(fullMs)
  const failed = await ask(port, '/upload', upload)
  const small = await ask(port, '/upload', { method: 'POST', body: 'abc', expected: '3' })
  await wait(fullMs)
  const inMemory = (await server.logs()).includes('E_SPOOL')
  free(join(disk, 'filling'))
  const freedMs = performance.now()
  const again = await within(patienceMs, async () => {
    const { why } = await ask(port, '/upload', { ...upload, expected: String(uploadOctets) })
    return why === '' || undefined
  })
  const tookMs = performance.now() - freedMs
  const asked = load.answered.slice(first)
  await wait(fullMs)
  const written = readFileSync(join(disk, 'access.log'), 'latin1')
  const missing = asked.filter((n) => !written.includes(`?${n} HTTP`)).length
  return {
    tookMs,
    note: [
      `${asked.length} answers meanwhile, ${missing} of them missing in the access log afterwards`,
      `an upload for a file: ${failed.why || 'taken'}, a small one: ${small.why || 'taken'}`,
      `"portico logs" ${inMemory ? 'tells why' : 'does NOT tell why'}`,
      `afterwards uploads ${again ? 'are taken' : 'FAIL'}`,
    ].join('; '),
  }
}

/** Both workers are replaced in time, since nobody finds their sockets any more. */
async function runtimeRemoved({ whole, runtime, server }) {
  rmSync(runtime, { recursive: true })
  const isThere = (await server.status()) !== undefined
  return { gone: whole.workers, note: `control socket ${isThere ? 'there' : 'gone at first'}` }
}

// How `portico fastcgi` ends, and how it goes on when something of it is killed.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isAlive } from '../../double/process-tree.ts'
import { RecordClient } from './records.ts'
import { openDirectory, type Responder, startResponder } from './responder.ts'

interface Site {
  readonly directory: string
  readonly socket: string
  readonly responder: Responder
}

async function start(...flags: readonly string[]): Promise<Site> {
  const directory = openDirectory()
  const socket = join(directory, 'app.sock')
  const words = ['fastcgi', 'fronted:application', '--bind', `unix:${socket}`, ...flags]
  return { directory, socket, responder: await startResponder(words) }
}

function client({ socket }: Site): RecordClient {
  const made = new RecordClient(`unix:${socket}`)
  onTestFinished(() => made.end())
  return made
}

/** A request that runs until `go`; resolves to the worker that has it. */
async function hold(site: Site, from: RecordClient, id = 1) {
  const { directory } = site
  const name = `held-${id}`
  const ended = from.ask(id, '/hold', { query: `${directory}&${name}` })
  const pid = await eventually(`request ${id} runs`, () => {
    const path = join(directory, name)
    return existsSync(path) ? Number(readFileSync(path, 'utf8')) || undefined : undefined
  })
  return { ended, pid, go: () => writeFileSync(join(directory, 'go'), '') }
}

function untilWorkers({ responder }: Site, count: number): Promise<number[]> {
  return eventually(`${count} workers`, () => {
    const pids = responder.workers()
    return pids.length === count ? pids : undefined
  })
}

it('finishes what runs on SIGTERM, takes nothing more, ends with 0 and removes its socket', async () => {
  const site = await start('--processes', '2')
  const asked = client(site)
  const { ended, go, pid } = await hold(site, asked)
  const other = (await untilWorkers(site, 2)).find((worker) => worker !== pid) ?? 0
  site.responder.kill('SIGTERM')
  await eventually('the idle worker ends', () => (isAlive(other) ? undefined : true))
  expect(site.responder.ended).toBe(false)
  go()
  expect((await ended).stdout).toContain(`held ${pid}`)
  expect(await site.responder.exit).toEqual({ code: 0, signal: null })
  expect(existsSync(site.socket)).toBe(false)
  expect(site.responder.workers().filter(isAlive)).toEqual([])
})

it('ends at once on a second SIGTERM', async () => {
  const site = await start('--processes', '2')
  const { ended, pid } = await hold(site, client(site))
  const other = (await untilWorkers(site, 2)).find((worker) => worker !== pid) ?? 0
  site.responder.kill('SIGTERM')
  await eventually('the idle worker ends', () => (isAlive(other) ? undefined : true))
  // Two within a moment count as one.
  await eventually('the end of the worker', () => {
    if (!isAlive(pid)) return true
    site.responder.kill('SIGTERM')
    return undefined
  })
  expect(await site.responder.exit).toEqual({ code: 0, signal: null })
  expect([(await ended).status, isAlive(pid), existsSync(site.socket)]).toEqual([undefined, false, false])
})

it('replaces a worker that is killed, and only what that held fails', async () => {
  const site = await start('--processes', '2', '--threads', '1')
  await untilWorkers(site, 2)
  const first = await hold(site, client(site), 1)
  const second = await hold(site, client(site), 2)
  expect(second.pid).not.toBe(first.pid)
  process.kill(first.pid, 'SIGKILL')
  expect((await first.ended).status).toBeUndefined()
  await site.responder.logged('worker.exited', 'SIGKILL')
  const third = (await untilWorkers(site, 3))[2]
  expect(JSON.parse((await client(site).ask(1, '/x')).stdout.split('\r\n\r\n')[1] ?? '').pid).toBe(third)
  second.go()
  expect((await second.ended).stdout).toContain(`held ${second.pid}`)
})

it('takes its workers along when it is killed, and leaves a socket that the next one takes over', async () => {
  const site = await start('--processes', '2')
  const workers = await untilWorkers(site, 2)
  site.responder.kill('SIGKILL')
  await site.responder.exit
  for (const pid of workers) await eventually(`worker ${pid} ends`, () => (isAlive(pid) ? undefined : true))
  expect(existsSync(site.socket)).toBe(true)
  const words = ['fastcgi', 'fronted:application', '--bind', `unix:${site.socket}`, '--processes', '1']
  const next = await startResponder(words)
  expect((await client(site).ask(1, '/x')).status).toBe(0)
  expect(await next.end()).toEqual({ code: 0, signal: null })
  expect(existsSync(site.socket)).toBe(false)
})

// The number of workers follows what there is to do: none without requests, more while some wait, fewer again afterwards.

import { expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { load } from '../../double/load.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { tell } from '../control/controlled.ts'

const application = `
import os, time
def application(environ, start_response):
    time.sleep(0.05)
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [str(os.getpid()).encode()]
`

function start(processes: string, limits: string) {
  return startPortico({
    files: { 'app.py': application },
    config: `log: { access: off }\nruntime: run\nmounts: { /: { wsgi: app:application, threads: 2, processes: ${processes}, limits: { ${limits} } } }\n`,
  })
}

/** Workers that are ready or draining, by the log. */
function workers(server: RunningPortico): number {
  const lines = server.stderr().split('\n')
  const count = (event: string) => lines.filter((line) => line.includes(` ${event} `)).length
  return count('worker.ready') - count('worker.retired')
}

const untilWorkers = (server: RunningPortico, count: number) =>
  eventually(`${count} workers`, () => (workers(server) === count ? true : undefined))

it('begins with one to see whether it can be loaded, has none without requests, and starts one for the next', async () => {
  const server = await start('{ min: 0, max: 2 }', 'idle_time: 1s')
  expect(workers(server)).toBe(1)
  for (let round = 0; round < 2; round++) {
    await untilWorkers(server, 0)
    expect((await tell(server, 'status')).stdout).toMatch(/^app +daemon +idle /m)
    const answers = await load({ url: server.url, requests: 4, connections: 4, path: () => '/' })
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  }
})

it('grows to max while requests wait, shrinks to min, and loses no request with either', async () => {
  const server = await start('{ min: 1, max: 3 }', 'idle_time: 1s')
  await untilWorkers(server, 1)
  const loads: Promise<unknown>[] = []
  const failed: number[] = []
  let isEnough = false
  const ask = async () => {
    while (!isEnough) {
      const answers = await load({ url: server.url, requests: 50, connections: 10, path: () => '/' })
      failed.push(...answers.map(({ status }) => status).filter((status) => status !== 200))
    }
  }
  loads.push(ask())
  await untilWorkers(server, 3)
  isEnough = true
  await Promise.all(loads)
  const still = load({ url: server.url, requests: 60, connections: 1, path: () => '/' })
  await untilWorkers(server, 1)
  failed.push(...(await still).map(({ status }) => status).filter((status) => status !== 200))
  expect(failed).toEqual([])
})

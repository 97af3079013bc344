// The runtime directory is removed while the server runs, as cleaners of temporary files do: requests go on, workers can start
// again, and the server can be talked to.

import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { type LoadAnswer, load } from '../../double/load.ts'
import { isAlive } from '../../double/process-tree.ts'
import { untilWorkers, workerPids } from '../../double/processes.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'
import { tell } from '../control/controlled.ts'
import { eventsOf, untilEvent } from './dying.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')
const application = `{ wsgi: "worn:application", directory: ${apps}, threads: 2, processes: 2 }`

function start(): Promise<RunningPortico> {
  return startPortico({
    config: `runtime: run\napplications: { worn: ${application} }\nmounts: { /: worn }\n`,
  })
}

it('no request is lost; workers that nobody finds any more are replaced, and the control socket is there again', async () => {
  const server = await start()
  const before = await untilWorkers(server, 2)
  rmSync(join(server.directory, 'run'), { recursive: true })
  const answers: LoadAnswer[] = []
  const after = await eventually('two other workers', async () => {
    answers.push(...(await load({ url: server.url, requests: 50, connections: 4, path: () => '/' })))
    const pids = workerPids(server)
    return pids.length === 2 && !pids.some((pid) => before.includes(pid)) ? pids : undefined
  })
  expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  expect(after.map(String)).toContain((await ask(server.port, '/')).body)
  const removed = await untilEvent(server, 'runtime.removed', 'control.sock')
  expect(removed).toContain(`path=${server.directory}/run/control.sock`)
  const { stdout, code } = await tell(server, 'status')
  expect(code).toBe(0)
  for (const pid of after) expect(stdout).toContain(` ${pid} `)
  expect(statSync(join(server.directory, 'run')).mode & 0o777).toBe(0o700)
  expect(statSync(join(server.directory, 'run/control.sock')).mode & 0o777).toBe(0o600)
})

it('a worker that dies then is replaced at once', async () => {
  const server = await start()
  const before = await untilWorkers(server, 2)
  rmSync(join(server.directory, 'run'), { recursive: true })
  for (const pid of before) process.kill(pid, 'SIGKILL')
  await eventually('their end', () => (before.some(isAlive) ? undefined : true))
  expect((await ask(server.port, '/')).status).toBe(200)
  expect(eventsOf(server, 'worker.failed')).toEqual([])
  expect(await untilEvent(server, 'runtime.removed', `path=${server.directory}/run `)).toContain('made again')
})

it('what cannot be made again is said once, and made as soon as it can', async () => {
  const server = await start()
  const before = await untilWorkers(server, 2)
  const path = join(server.directory, 'run')
  rmSync(path, { recursive: true })
  writeFileSync(path, 'in the way')
  for (const pid of before) process.kill(pid, 'SIGKILL')
  const failed = await untilEvent(server, 'worker.failed')
  expect(failed).toContain(`Cannot use the runtime directory "${path}": "${path}" is not a directory`)
  await untilEvent(server, 'runtime.lost', 'not a directory')
  rmSync(path)
  await untilWorkers(server, 2)
  expect((await ask(server.port, '/')).status).toBe(200)
  await untilEvent(server, 'runtime.removed', 'control.sock')
  expect(eventsOf(server, 'runtime.lost')).toHaveLength(1)
  expect((await tell(server, 'status')).code).toBe(0)
})

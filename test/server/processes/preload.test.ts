// preload: true: workers are forked from one process that has imported the application.

import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { load } from '../../double/load.ts'
import { isAlive, parentOf, processTree } from '../../double/process-tree.ts'
import { untilWorkers, workerPids } from '../../double/processes.ts'
import { publicProgram } from '../../double/public-copy.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { scratch } from '../cli/command.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')
const environment = { PYTHONDONTWRITEBYTECODE: '1' }

interface Told {
  readonly imported_by: number
  readonly pid: number
  readonly random: number
  readonly group: number
  readonly uid: number
  readonly descriptors: number
}

function start(more = '', directory = apps, top = ''): Promise<RunningPortico> {
  const application = `{ wsgi: "preloaded:application", directory: ${directory}, preload: true, processes: 2, threads: 2, ${more} }`
  return startPortico({
    config: `${top}applications: { app: ${application} }\nmounts: { /: app }\n`,
    environment,
    program: publicProgram(),
  })
}

async function ask(server: RunningPortico): Promise<Told> {
  const answer = await fetch(server.url)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Told
}

function untilSaid(server: RunningPortico, what: RegExp): Promise<true> {
  return eventually(String(what), () => (what.test(server.stderr()) ? true : undefined))
}

function untilReplaced(server: RunningPortico, pid: number): Promise<true> {
  return eventually(`another worker in the place of ${pid}`, () => {
    const pids = workerPids(server)
    return pids.length === 2 && !pids.includes(pid) ? true : undefined
  })
}

/** Asks until both workers have answered. */
async function askBoth(server: RunningPortico): Promise<readonly [Told, Told]> {
  const told = new Map<number, Told>()
  await eventually('answers of two workers', async () => {
    const some = await Promise.all([ask(server), ask(server), ask(server), ask(server)])
    for (const one of some) told.set(one.pid, one)
    return told.size === 2 ? true : undefined
  })
  const [first, second] = told.values()
  if (first === undefined || second === undefined) throw new Error('two were there')
  return [first, second]
}

describe('preload', () => {
  it('imports the application once and forks the workers, each a process of its own', async () => {
    const server = await start()
    await untilWorkers(server, 2)
    const [first, second] = await askBoth(server)
    expect(first.imported_by).toBe(second.imported_by)
    expect(parentOf(first.imported_by)).toBe(server.pid)
    expect(parentOf(first.pid)).toBe(first.imported_by)
    expect([first.group, second.group]).toEqual([first.pid, second.pid])
    expect(first.random).not.toBe(second.random)
    expect(first.descriptors).toBeLessThan(12)
    await untilSaid(server, /application\.output .*worker=\d+ .*request=\S+ .*\| asked/)
  })

  it('forks another one for a worker that dies, and says how that died', async () => {
    const server = await start()
    const [one = 0] = await untilWorkers(server, 2)
    process.kill(one, 'SIGKILL')
    await untilReplaced(server, one)
    const answer = await fetch(`${server.url}/exit`)
    expect(answer.status).toBe(502)
    await untilSaid(server, /worker\.exited .*code=7/)
    await untilWorkers(server, 2)
    await untilSaid(server, /worker\.exited .*signal=SIGKILL/)
    expect(server.stderr().match(/template\.start/g)).toHaveLength(1)
  })

  it('goes on with its workers when the process they come from dies, and starts a new one for the next', async () => {
    const server = await start()
    await untilWorkers(server, 2)
    const [first, second] = await askBoth(server)
    process.kill(first.imported_by, 'SIGKILL')
    await untilSaid(server, /template\.exited .*signal=SIGKILL/)
    expect([first.pid, second.pid]).toContain((await ask(server)).pid)
    process.kill(first.pid, 'SIGKILL')
    await untilReplaced(server, first.pid)
    expect(server.stderr().match(/template\.ready/g)).toHaveLength(2)
    expect(workerPids(server)).toContain(second.pid)
  })

  it('serves new code after a reload, without a request lost, and leaves nothing of the old', async () => {
    const directory = scratch({})
    const code = (text: string): string =>
      `def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'${text}']\n`
    writeFileSync(join(directory, 'preloaded.py'), code('old'))
    const server = await start('', directory)
    const before = await untilWorkers(server, 2)
    writeFileSync(join(directory, 'preloaded.py'), code('new'))
    const answers = load({ url: server.url, requests: 2000, connections: 4, path: () => '/' })
    server.kill('SIGHUP')
    expect((await answers).filter(({ status }) => status !== 200)).toEqual([])
    await eventually('two other workers', () => {
      const pids = workerPids(server)
      return pids.length === 2 && !pids.some((pid) => before.includes(pid)) ? true : undefined
    })
    expect(await (await fetch(server.url)).text()).toBe('new')
    // The supervisor, the HTTP process, the template and its workers.
    await eventually('the old template is gone', () =>
      processTree(server.pid).length === 5 ? true : undefined,
    )
  })

  it('keeps the old code when the new one cannot be imported, and says why', async () => {
    const directory = scratch({})
    copyFileSync(join(apps, 'preloaded.py'), join(directory, 'preloaded.py'))
    const server = await start('', directory)
    await untilWorkers(server, 2)
    writeFileSync(join(directory, 'preloaded.py'), 'raise ValueError("no such luck")\n')
    server.kill('SIGHUP')
    await untilSaid(server, /ValueError: no such luck/)
    expect((await ask(server)).pid).toBeGreaterThan(0)
    expect(workerPids(server)).toHaveLength(2)
  })

  it('refuses an application that starts threads at import, naming them', async () => {
    const code =
      'import threading\nthreading.Thread(target=threading.Event().wait, name="metrics", daemon=True).start()\n'
    const directory = scratch({ 'preloaded.py': `${code}def application(environ, start_response): pass\n` })
    const server = await start('', directory)
    await untilSaid(server, /Cannot preload application "app": importing it starts threads \("metrics"\)/)
    expect((await fetch(server.url)).status).toBe(503)
  })

  it('ends with the server, also when that is killed', async () => {
    const server = await start()
    await untilWorkers(server, 2)
    const all = processTree(server.pid)
    expect(all.length).toBe(5)
    process.kill(server.pid, 'SIGKILL')
    await eventually('nothing is left', () => (all.some(isAlive) ? undefined : true))
  })
})

describe.skipIf(process.getuid?.() !== 0)('preload with a user', () => {
  it('forks workers of that user', async () => {
    const directory = scratch({})
    chmodSync(directory, 0o755)
    copyFileSync(join(apps, 'preloaded.py'), join(directory, 'preloaded.py'))
    const server = await start('user: nobody', directory, 'user: www-data\n')
    const [one = 0] = await untilWorkers(server, 2)
    expect((await ask(server)).uid).toBe(65534)
    process.kill(one, 'SIGKILL')
    await untilReplaced(server, one)
  })
})

import { spawn } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  alive,
  application,
  limits,
  place,
  recordingLog,
  temporaryDirectory,
  until,
} from '../../../test/app/worker/stand-in.ts'
import { transpile } from '../../../test/app/worker/transpile.ts'
import { Compiled, hasFcgi } from '../../../test/double/programs.ts'
import { monotonicMs } from '../../clock.ts'
import type { ApplicationSpec } from '../application-spec.ts'
import type { Held, Publication } from '../messages.ts'
import { ApplicationSupervisor } from '../supervisor.ts'
import { programLaunch } from './program-launch.ts'

const started: ApplicationSupervisor[] = []

function spec(command: readonly string[], change: Partial<ApplicationSpec> = {}): ApplicationSpec {
  const program = {
    name: 'feed',
    wsgi: '',
    python: '',
    threads: 1,
    environment: {},
    program: { command, wire: 'fastcgi' as const },
  }
  return application({ ...program, ...change })
}

/** @param held what HTTP processes say of those that are gone */
function supervise(application: ApplicationSpec, held: Held = { requests: [], done: 0 }) {
  const log = recordingLog()
  const published: Publication[] = []
  let number = 0
  const supervisor = new ApplicationSupervisor(
    {
      ...{ application, place: place('ready'), generation: 1, log, clock: monotonicMs },
      nextWorker: () => ++number,
    },
    {
      published: (publication) => published.push(publication),
      gone: ({ worker }) => {
        process.nextTick(() => supervisor.held(worker, held))
        return 1
      },
    },
  )
  started.push(supervisor)
  supervisor.start()
  const ready = (count: number): Promise<Publication> =>
    until(() => {
      const { publication } = supervisor
      return publication.endpoints.length === count && publication
    }, `${count} programs are ready`)
  const events = (name: string) => log.entries.filter(({ event }) => event === name)
  return { supervisor, log, published, ready, events }
}

function script(text: string): string {
  const path = join(temporaryDirectory(), 'program')
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((supervisor) => supervisor.stop(0)))
})

describe('the supervisor of a program that ends at once', () => {
  it('says why, and tries again, slower each time', async () => {
    const path = script('echo "no database" >&2; exit 4')
    const { supervisor, events, published } = supervise(spec([path], { processes: 3 }))
    const first = await supervisor.firstStart
    expect(first).toMatchObject({ kind: 'failed', failure: { reason: 'exited', traceback: 'no database' } })
    await until(() => events('worker.failed').length === 3, 'three tries')
    expect(events('worker.failed').map(({ facts }) => facts.retryMs)).toEqual([100, 200, 400])
    expect(events('worker.failed')[0]?.text).toMatch(/exited with code 4 .*\nno database$/)
    expect(events('worker.failed')[1]?.text).toMatch(/^As before: Cannot start application "feed": [^\n]+$/)
    expect(published.at(-1)?.state.kind).toBe('failed')
  })
})

describe.runIf(hasFcgi)('the supervisor of a FastCGI program', () => {
  let compiled: Compiled
  beforeAll(() => {
    compiled = new Compiled()
  })
  afterAll(() => compiled.remove())

  it('keeps as many as are wanted, each with one slot and a socket of its own', async () => {
    const { ready, supervisor, events } = supervise(spec([compiled.responder], { processes: 2 }))
    const { endpoints } = await ready(2)
    expect(endpoints.map(({ slots }) => slots)).toEqual([1, 1])
    expect(new Set(endpoints.map(({ address }) => address)).size).toBe(2)
    const [first] = endpoints
    process.kill(first?.pid ?? 0, 'SIGKILL')
    await until(() => supervisor.publication.endpoints.some(({ worker }) => worker === 3), 'another one')
    const exited = await until(() => events('worker.exited')[0], 'the report')
    expect(exited.facts).toMatchObject({ worker: 1, signal: 'SIGKILL', retryMs: 0 })
    expect(await supervisor.stacks(2)).toEqual([])
    await supervisor.stop(10_000)
    expect(endpoints.some(({ pid }) => alive(pid))).toBe(false)
  })

  it('starts none while nobody asks, and one when somebody does', async () => {
    const scale = { processes: 2, processes_min: 0, limits: { ...limits, idle_time: 100 } }
    const { ready, supervisor } = supervise(spec([compiled.responder], scale))
    const [first] = (await ready(1)).endpoints
    await until(() => {
      supervisor.load({ busy: 0, waiting: 0 })
      return supervisor.publication.endpoints.length === 0
    }, 'it is not wanted')
    supervisor.idle(first?.worker ?? 0)
    await until(() => !alive(first?.pid ?? 0), 'it has ended')
    supervisor.load({ busy: 0, waiting: 1 })
    expect((await ready(1)).endpoints[0]?.worker).toBe(2)
  })

  it('does not end one that has a request before that is over', async () => {
    const { ready, supervisor, events } = supervise(spec([compiled.responder]))
    const [old] = (await ready(1)).endpoints
    const outcome = supervisor.reload()
    expect((await outcome).kind).toBe('ready')
    supervisor.release()
    await until(() => supervisor.publication.endpoints[0]?.generation === 2, 'the new one has taken over')
    expect(alive(old?.pid ?? 0)).toBe(true)
    supervisor.idle(1)
    await until(() => !alive(old?.pid ?? 0), 'the old one has ended')
    expect(events('worker.killed')).toEqual([])
  })

  it('goes on with the old one when the new one fails', async () => {
    const { ready, supervisor } = supervise(spec([compiled.responder]))
    const [old] = (await ready(1)).endpoints
    const outcome = await supervisor.reload(spec([script('exit 1')]))
    expect(outcome.kind).toBe('failed')
    supervisor.takeBack()
    expect(supervisor.publication.endpoints).toEqual([old])
  })

  it.each([
    ['starts one at once that has ended after its requests', { requests: [], done: 3 }, [0, 0]],
    ['waits with one that ends without any', { requests: [], done: 0 }, [1, 3]],
    ['waits with one that ends in the middle of one', { requests: ['r-1'], done: 3 }, [1, 3]],
  ])('%s', async (_, held, [fewest, most]) => {
    const { ready, supervisor, events } = supervise(spec([compiled.responder]), held)
    for (let worker = 1; worker <= 3; worker++) {
      const [endpoint] = (await ready(1)).endpoints
      // libfcgi ends with 0 then.
      process.kill(endpoint?.pid ?? 0, 'SIGTERM')
      await until(() => supervisor.publication.endpoints[0]?.worker === worker + 1, 'another one')
    }
    const failed = events('worker.exited').length
    expect([failed >= (fewest ?? 0), failed <= (most ?? 0)]).toEqual([true, true])
  })

  it('is replaced after its time, when another one is ready', async () => {
    const worn = { limits: { ...limits, age: 100 } }
    const { ready, supervisor } = supervise(spec([compiled.responder], worn))
    const [old] = (await ready(1)).endpoints
    await until(() => supervisor.publication.endpoints[0]?.worker === 2, 'another one has taken over')
    expect(alive(old?.pid ?? 0)).toBe(true)
  })
})

const orphaned = (modules: readonly string[], launch: object): string => `
import { Keeper } from ${JSON.stringify(modules[0])}
import { ProgramWorker } from ${JSON.stringify(modules[1])}
const log = { debug() {}, info() {}, warn() {}, error() {} }
const clock = () => performance.now()
const sink = { ready() {}, exited() {} }
const options = { launch: ${JSON.stringify(launch)}, sink, log, clock, keeper: new Keeper(log, clock) }
const worker = new ProgramWorker(options)
log.info = (event, facts, text) => process.stdout.write(worker.pid + ' ' + text + '\\n')
`

describe('a program whose supervisor was killed', () => {
  it('ends, with what it has started', async () => {
    const directory = temporaryDirectory()
    const modules = ['process/system/keeper.ts', 'process/program/program-worker.ts'].map((module) =>
      transpile(module, directory),
    )
    const command = [script("trap '' TERM HUP\nsleep 600 &\necho $!\nwait")]
    const main = join(directory, 'main.js')
    writeFileSync(main, orphaned(modules, programLaunch(spec(command), { command }, place('ready'), 1)))
    const supervisor = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    supervisor.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    const line = await until(() => text.includes('\n') && text.trim(), 'it has started something')
    const pids = line.split(' ').map(Number)
    onTestFinished(() => {
      for (const pid of pids) if (alive(pid)) process.kill(pid, 'SIGKILL')
    })
    expect(pids.map(alive)).toEqual([true, true])
    supervisor.kill('SIGKILL')
    await until(() => pids.every((pid) => !alive(pid)), 'both are gone')
  })
})

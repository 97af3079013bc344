import { chmodSync, existsSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  alive,
  application,
  limits,
  place,
  recordingLog,
  temporaryDirectory,
  until,
} from '../../../test/app/worker/stand-in.ts'
import {
  Compiled,
  hasFcgi,
  hasPerlFcgi,
  hasPhp,
  perl,
  phpCgi,
  source,
} from '../../../test/double/programs.ts'
import { monotonicMs } from '../../clock.ts'
import type { WorkerPlace } from '../application-spec.ts'
import type { Exit } from '../messages.ts'
import type { WorkerEnd } from '../worker/worker-contract.ts'
import { programLaunch } from './program-launch.ts'
import { ProgramWorker } from './program-worker.ts'

const started: ProgramWorker[] = []

interface Change {
  readonly environment?: Record<string, string>
  readonly directory?: string
  readonly startupMs?: number
  readonly place?: Partial<WorkerPlace>
}

function start(command: readonly string[], change: Change = {}) {
  const log = recordingLog()
  let end: { exit: Exit; end: WorkerEnd } | undefined
  let ready = false
  const { environment = {}, directory = '/', startupMs = 20_000 } = change
  const feed = application({
    ...{
      name: 'feed',
      wsgi: '',
      python: '',
      threads: 1,
      environment,
      directory,
      program: { command, wire: 'fastcgi' as const },
    },
    limits: { ...limits, startup_time: startupMs },
  })
  const worker = new ProgramWorker({
    launch: programLaunch(feed, { command }, place('ready', change.place), 1),
    sink: {
      ready: () => {
        ready = true
      },
      exited: (exit, how) => {
        end = { exit, end: how }
      },
    },
    log,
    clock: monotonicMs,
    keeper: undefined,
  })
  started.push(worker)
  return {
    worker,
    log,
    isReady: () =>
      until(() => ready || end !== undefined, 'it is ready').then(() => expect(end).toBeUndefined()),
    ended: () => until(() => end, 'it ends'),
    failure: async () => {
      const { end: how } = await until(() => end, 'it ends')
      if (how.kind !== 'failed') throw new Error(`it has ${how.kind}`)
      return how.failure
    },
  }
}

function script(text: string): string {
  const path = join(temporaryDirectory(), 'program')
  writeFileSync(path, text)
  chmodSync(path, 0o755)
  return path
}

afterEach(async () => {
  for (const worker of started.splice(0)) {
    worker.kill()
    await until(() => worker.state.kind === 'exited', 'the program of the test ends')
  }
})

/** How a connection to the socket ends. */
function connecting(path: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
    socket.on('connect', () => {
      socket.destroy()
      resolve('connected')
    })
  })
}

describe.runIf(hasFcgi)('a program of libfcgi', () => {
  let compiled: Compiled
  beforeAll(() => {
    compiled = new Compiled()
  })
  afterAll(() => compiled.remove())

  it('gets a listening socket as its descriptor 0, and nothing else that is ours', async () => {
    const { worker, isReady, ended } = start([compiled.responder])
    await isReady()
    expect(statSync(worker.address).mode & 0o777).toBe(0o600)
    expect(await connecting(worker.address)).toBe('connected')
    const own = `/proc/${worker.pid}/fd`
    const isSocket = (name: string) => readlinkSync(`${own}/${name}`).startsWith('socket:')
    expect(isSocket('0')).toBe(true)
    // The connection that was made may be in its hands a moment longer.
    await vi.waitFor(
      () => expect(readdirSync(own).filter((name) => Number(name) > 2 && isSocket(name))).toEqual([]),
      { timeout: 10_000 },
    )
    worker.stop(10_000)
    expect((await ended()).end).toEqual({ kind: 'retired' })
    expect(existsSync(worker.address)).toBe(false)
  })

  it('is ready when it takes connections, and not before', async () => {
    const gate = join(temporaryDirectory(), 'gate')
    const { worker, isReady } = start([compiled.responder], { environment: { SLOW_START: gate } })
    await until(() => alive(worker.pid), 'it runs')
    expect(await connecting(worker.address)).toBe('connected')
    expect(worker.state.kind).toBe('starting')
    writeFileSync(gate, '')
    await isReady()
  })

  it('binds the socket that it is told of, in whatever argument', async () => {
    const { worker, isReady } = start([compiled.responder, '{socket}'])
    await isReady()
    expect(statSync(worker.address).mode & 0o777).toBe(0o600)
    expect(readlinkSync(`/proc/${worker.pid}/fd/0`)).toBe('/dev/null')
    expect(await connecting(worker.address)).toBe('connected')
  })

  it('leaves nobody listening when it is killed', async () => {
    const { worker, isReady, ended } = start([compiled.responder])
    await isReady()
    process.kill(worker.pid, 'SIGSEGV')
    expect(await ended()).toMatchObject({ exit: { signal: 'SIGSEGV' }, end: { kind: 'died' } })
    expect(await connecting(worker.address)).toBe('ENOENT')
  })
})

describe.runIf(hasPhp)('php-cgi', () => {
  it.each([
    ['on descriptor 0', [phpCgi]],
    ['on a socket of its own', [phpCgi, '-b', '{socket}']],
  ])('is ready %s', async (_, command) => {
    const { worker, isReady, ended } = start(command)
    await isReady()
    worker.stop(10_000)
    expect((await ended()).end.kind).toBe('retired')
  })

  it('ends with its children', async () => {
    const { worker, isReady, ended } = start([phpCgi], { environment: { PHP_FCGI_CHILDREN: '2' } })
    await isReady()
    process.kill(worker.pid, 'SIGKILL')
    await ended()
    expect(await connecting(worker.address)).toBe('ENOENT')
  })
})

describe.runIf(hasPerlFcgi)('a script of Perl', () => {
  it('is ready', async () => {
    const { isReady } = start([perl, source('responder.pl')])
    await isReady()
  })
})

describe('a program that is none', () => {
  it('is reported with what it said, its exit and a hint', async () => {
    const path = script('#!/bin/sh\necho "no database at 10.0.0.1" >&2\nexit 3\n')
    const { failure } = start([path])
    expect(await failure()).toEqual({
      reason: 'exited',
      message: expect.stringMatching(
        new RegExp(
          `^Cannot start application "feed": "${path}" \\(pid \\d+\\) exited with code 3 before it took a connection$`,
        ),
      ),
      hint: '',
      traceback: 'no database at 10.0.0.1',
    })
  })

  it('may be a CGI program', async () => {
    const { failure } = start([script('#!/bin/sh\nprintf "Content-Type: text/plain\\n\\nhello\\n"\n')])
    expect((await failure()).hint).toMatch(/a CGI program belongs to cgi:$/)
  })

  it('may not exist, nor its directory, nor its interpreter', async () => {
    expect((await start(['/nowhere/feed']).failure()).message).toBe(
      'Cannot start application "feed": the program "/nowhere/feed" does not exist',
    )
    const nowhere = { directory: '/nowhere' }
    expect((await start(['/bin/sleep', '9'], nowhere).failure()).message).toMatch(
      /its directory "\/nowhere" does not exist$/,
    )
    expect((await start([script('#!/nowhere/perl\n')]).failure()).message).toMatch(
      /the first line of ".+" names "\/nowhere\/perl", which does not exist$/,
    )
  })

  it('takes no connection, which is said, and is given up after startup_time', async () => {
    const { failure, ended, log } = start(['/bin/sleep', '600'], { startupMs: 300 })
    expect(await failure()).toMatchObject({
      reason: 'startup-time',
      message: expect.stringMatching(/took no connection from its descriptor 0 within 0.3 s$/),
    })
    expect((await ended()).exit.signal).toBe('SIGKILL')
    const [slow] = log.entries.filter(({ event }) => event === 'worker.slow')
    expect(slow?.text).toBe('After 0.15 s it has taken no connection; limits.startup_time gives it 0.3 s')
  })

  it('is killed with its group when it ignores SIGTERM', async () => {
    const { worker, ended, log } = start([
      script("#!/bin/sh\ntrap '' TERM\nsleep 600 &\necho $!\nwhile :; do sleep 600; done\n"),
    ])
    const line = await until(
      () => log.entries.find(({ event }) => event === 'application.output'),
      'its word',
    )
    worker.stop(200)
    expect((await ended()).exit.signal).toBe('SIGKILL')
    await until(() => !alive(Number(line.text)), 'what it has started is gone')
    expect(log.entries.filter(({ event }) => event === 'worker.killed')).toHaveLength(1)
  })
})

import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import {
  alive,
  application,
  place,
  type RecordingLog,
  recordingLog,
  until,
} from '../../../test/app/worker/stand-in.ts'
import { monotonicMs } from '../../clock.ts'
import type { Exit } from '../messages.ts'
import { PythonWorker } from './python-worker.ts'
import type { WorkerEnd, WorkerLaunch } from './worker-contract.ts'
import { workerLaunch } from './worker-launch.ts'

interface Watched {
  readonly worker: PythonWorker
  readonly log: RecordingLog
  ended(): Promise<{ exit: Exit; end: WorkerEnd }>
  isReady(): Promise<unknown>
  lines(stream: string): string[]
}

const started: PythonWorker[] = []

function start(name: string, change: Partial<WorkerLaunch> = {}): Watched {
  const log = recordingLog()
  let end: { exit: Exit; end: WorkerEnd } | undefined
  let ready = false
  const launch = { ...workerLaunch(application(), place(name), 1), ...change }
  const sink = {
    ready: () => {
      ready = true
    },
    loaded: () => {},
    deadlocked: () => {},
    exited: (exit: Exit, how: WorkerEnd) => {
      end = { exit, end: how }
    },
  }
  const worker = new PythonWorker(launch, sink, log, monotonicMs)
  started.push(worker)
  const output = log.entries
  return {
    worker,
    log,
    ended: () => until(() => end, `${name} ends`),
    isReady: () => until(() => ready, `${name} is ready`),
    lines: (stream) =>
      output
        .filter(({ event, facts }) => event === 'application.output' && facts.stream === stream)
        .map(({ text }) => text),
  }
}

afterEach(async () => {
  for (const worker of started.splice(0)) {
    worker.kill()
    await until(() => worker.state.kind === 'exited', 'the worker of the test ends')
  }
})

describe('Worker', () => {
  it('becomes ready, tells its stacks, and ends when it is asked to', async () => {
    const { worker, ended, isReady } = start('ready')
    expect(worker.state.kind).toBe('starting')
    await isReady()
    expect(worker.state.kind).toBe('ready')
    expect(await worker.stacks()).toEqual([{ request: 'r1', stack: 'at work' }])
    worker.stop(10_000)
    expect(worker.state.kind).toBe('stopping')
    expect(await ended()).toEqual({ exit: { code: 0, signal: null }, end: { kind: 'retired' } })
    expect(await worker.stacks()).toEqual([])
  })

  it('reports the failure that the worker found', async () => {
    const { ended } = start('failed')
    expect((await ended()).end).toEqual({
      kind: 'failed',
      failure: {
        reason: 'module-not-found',
        message: 'No module for "shop.wsgi:application"',
        hint: 'Look',
        traceback: 'T',
      },
    })
  })

  it('reports the last lines of a worker that ended without a word', async () => {
    const { ended } = start('exits_without_a_word')
    expect(await ended()).toMatchObject({
      exit: { code: 7 },
      end: { failure: { reason: 'exited', traceback: 'half a reason\nthe rest of it' } },
    })
  })

  it('kills a worker that is not ready in time and shows where it hangs', async () => {
    const { ended } = start('hangs_at_start', { startupMs: 400 })
    expect(await ended()).toMatchObject({
      exit: { signal: 'SIGKILL' },
      end: { failure: { reason: 'startup-time', traceback: 'at work' } },
    })
  })

  it('reports an interpreter that does not exist', async () => {
    const { worker, ended } = start('ready', { python: '/nowhere/python3' })
    expect((await ended()).end).toMatchObject({
      failure: {
        reason: 'spawn',
        message: 'Cannot start application "shop": Python interpreter "/nowhere/python3" does not exist',
      },
    })
    expect(worker.pid).toBe(0)
  })

  it('reports an environment that no process can have', async () => {
    const { ended } = start('ready', { environment: { A: 'x\0y' } })
    expect((await ended()).end).toMatchObject({ kind: 'failed', failure: { reason: 'spawn' } })
  })

  it('ends a worker that does not speak the protocol', async () => {
    const { ended } = start('babbles')
    expect((await ended()).end).toMatchObject({ failure: { reason: 'control' } })
  })

  it('tells the signal of a worker that died', async () => {
    const { ended } = start('dies_once_ready')
    const { exit, end } = await ended()
    expect(exit.signal).toBe('SIGSEGV')
    expect(['died', 'failed']).toContain(end.kind)
  })

  it('kills what a worker left in its process group', async () => {
    const { worker, ended, isReady, lines } = start('leaves_a_grandchild')
    await isReady()
    const line = await until(() => lines('stdout')[0], 'the grandchild is named')
    const grandchild = Number(line.split(' ')[1])
    expect(alive(grandchild)).toBe(true)
    worker.stop(10_000)
    await ended()
    await until(() => !alive(grandchild), 'the grandchild is gone')
  })

  it('kills a worker that ignores the wish to stop and SIGTERM', async () => {
    const { worker, ended, isReady, log } = start('ignores_stop')
    await isReady()
    worker.stop(50)
    expect((await ended()).exit).toEqual({ code: null, signal: 'SIGKILL' })
    const signals = log.entries
      .filter(({ event }) => event === 'worker.killed')
      .map(({ facts }) => facts.signal)
    expect(signals).toEqual(['SIGTERM', 'SIGKILL'])
  })

  it('kills at once when a second stop leaves no time', async () => {
    const { worker, ended, isReady } = start('ignores_stop')
    await isReady()
    worker.stop(60_000)
    worker.stop(0)
    expect((await ended()).exit.signal).toBe('SIGKILL')
  })

  it('turns output into events with the id of the request', async () => {
    const { worker, ended, isReady, lines, log } = start('writes_lines')
    await isReady()
    worker.stop(10_000)
    await ended()
    await until(() => lines('stdout').includes('no end'), 'the last line is flushed')
    expect(lines('stdout').map((line) => line.slice(0, 20))).toEqual([
      'in a request',
      'binary \ufffd\ufffd',
      'x'.repeat(20),
      'x'.repeat(20),
      'no end',
    ])
    expect(lines('stdout').map((line) => line.length)).toEqual([12, 9, 16_384, 3616, 6])
    expect(lines('stderr')).toEqual(['to stderr'])
    const entry = log.entries.find(({ text }) => text === 'in a request')
    expect(entry?.facts).toEqual({
      application: 'shop',
      worker: 1,
      pid: worker.pid,
      request: 'req-1',
      stream: 'stdout',
    })
  })

  it('reads a flood to its end, logs the budget and counts the rest', async () => {
    const outputLimits = { linesPerSecondCount: 50, bytesPerSecondCount: 1e6 }
    const { worker, ended, isReady, lines, log } = start('floods', { outputLimits })
    await isReady()
    worker.stop(10_000)
    await ended()
    const dropped = (): number =>
      log.entries
        .filter(({ event }) => event === 'application.output_dropped')
        .reduce((sum, { facts }) => sum + Number(facts.lines), 0)
    await until(() => dropped() + lines('stderr').length === 100_000, 'every line is accounted for')
    expect(lines('stderr').length).toBeLessThan(1000)
  })

  it('gives a worker no descriptor but its five and no variable that is not allowed', async () => {
    const inherited = await descriptorsOfAnyChild()
    const file = openSync('/dev/null', 'r')
    const { isReady, lines } = start('lists_descriptors')
    await isReady()
    closeSync(file)
    const [descriptors = '', environment = ''] = await until(
      () => lines('stdout').length === 2 && lines('stdout'),
      'both lines are read',
    )
    const own = (JSON.parse(descriptors) as number[]).filter((fd) => !inherited.includes(fd) || fd < 5)
    expect(own).toEqual([0, 1, 2, 3, 4])
    const names = Object.keys(JSON.parse(environment) as object)
    expect(names).toContain('PATH')
    expect(names.filter((name) => name.startsWith('VITEST') || name.startsWith('NODE'))).toEqual([])
  })
})

/** Descriptors that whoever runs the tests has left open for every process below; not ours to close. */
async function descriptorsOfAnyChild(): Promise<number[]> {
  const child = spawn('ls', ['/proc/self/fd'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  await new Promise((resolve) => child.on('close', resolve))
  return text.trim().split('\n').map(Number)
}

import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  alive,
  application,
  limits,
  place,
  type RecordingLog,
  recordingLog,
  until,
} from '../../test/app/worker/stand-in.ts'
import { monotonicMs } from '../clock.ts'
import type { ApplicationSpec } from './application-spec.ts'
import type { Publication, WorkerGone } from './messages.ts'
import { ApplicationSupervisor } from './supervisor.ts'

interface Watched {
  readonly supervisor: ApplicationSupervisor
  readonly log: RecordingLog
  readonly published: Publication[]
  readonly gone: WorkerGone[]
  last(): Publication
  ready(count: number): Promise<Publication>
}

const started: ApplicationSupervisor[] = []

function supervise(worker: string, change: Partial<ApplicationSpec> = {}): Watched {
  const log = recordingLog()
  const published: Publication[] = []
  const gone: WorkerGone[] = []
  let number = 0
  const nextWorker = (): number => {
    number += 1
    return number
  }
  const supervisor = new ApplicationSupervisor(
    {
      application: application(change),
      place: place(worker),
      generation: 1,
      nextWorker,
      log,
      clock: monotonicMs,
    },
    {
      published: (publication) => published.push(publication),
      gone: (who) => gone.push(who),
    },
  )
  started.push(supervisor)
  supervisor.start()
  const last = (): Publication => supervisor.publication
  const ready = (count: number): Promise<Publication> =>
    until(() => last().endpoints.length === count && last(), `${count} workers are ready`)
  return { supervisor, log, published, gone, last, ready }
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((supervisor) => supervisor.stop(0)))
})

describe('ApplicationSupervisor', () => {
  it('publishes every step from starting to all workers ready', async () => {
    const { supervisor, published, ready } = supervise('ready', { processes: 3 })
    expect(await supervisor.firstStart).toEqual({ kind: 'ready' })
    const { endpoints } = await ready(3)
    expect(published[0]).toEqual({ application: 'shop', state: { kind: 'starting' }, endpoints: [] })
    expect(published[1]?.endpoints.length).toBe(1)
    expect(published.slice(1).every(({ state }) => state.kind === 'ready')).toBe(true)
    expect(endpoints.map(({ worker, slots, generation }) => [worker, slots, generation])).toEqual([
      [1, 4, 1],
      [2, 4, 1],
      [3, 4, 1],
    ])
    expect(endpoints[0]?.address).toMatch(/\/w1\.sock$/)
  })

  it('hands out the failure of the first start and goes on trying, slower each time', async () => {
    const { supervisor, published, last, log } = supervise('failed', { processes: 2 })
    const first = await supervisor.firstStart
    expect(first).toMatchObject({ kind: 'failed', failure: { hint: 'Look', traceback: 'T' } })
    await until(
      () => log.entries.filter(({ event }) => event === 'worker.failed').length === 3,
      'three tries',
    )
    expect(last().state).toMatchObject({
      kind: 'failed',
      reason: 'No module for "shop.wsgi:application"',
    })
    // Published a moment after the wait has begun: on a busy machine a millisecond of it is over.
    const waits = published.map(({ state }) =>
      state.kind === 'failed' ? Math.round(state.retryMs / 50) * 50 : 0,
    )
    expect(waits).toEqual([0, 100, 200, 400])
  })

  it('withdraws a worker that died before it says so, and replaces it at once', async () => {
    const { ready, gone, published, log } = supervise('dies_when_told')
    const [endpoint] = (await ready(1)).endpoints
    const socket = connect(endpoint?.address ?? '')
    socket.on('error', () => {})
    await until(() => gone[0], 'the worker is gone')
    socket.destroy()
    expect(gone[0]).toEqual({
      application: 'shop',
      worker: 1,
      pid: endpoint?.pid,
      exit: { code: null, signal: 'SIGKILL' },
    })
    expect(published.at(-1)?.endpoints.some(({ worker }) => worker === 1)).toBe(false)
    const replaced = await until(() => {
      const current = published.at(-1)?.endpoints[0]
      return current?.worker === 2 && current
    }, 'the replacement is ready')
    expect(replaced.pid).not.toBe(endpoint?.pid)
    const exited = await until(() => log.entries.find(({ event }) => event === 'worker.exited'), 'the report')
    expect(exited.facts).toMatchObject({ worker: 1, signal: 'SIGKILL', deaths: 1, retryMs: 0 })
    expect(exited.text).toMatch(/^Worker 1 of application "shop" was killed by SIGKILL: somebody sent that/)
    expect(exited.text).toMatch(/\n1 worker .* ended unasked so far; the next one starts at once$/)
  })

  it('withdraws a stuck worker at once and ends it when its neighbours have finished', async () => {
    const { supervisor, ready, last, gone, log } = supervise('ready')
    await ready(1)
    supervisor.stuck({ application: 'shop', worker: 1, request: 'r1' })
    expect(last()).toMatchObject({ state: { kind: 'starting' }, endpoints: [] })
    expect((await ready(1)).endpoints[0]?.worker).toBe(2)
    expect(gone).toEqual([])
    supervisor.idle(1)
    await until(() => gone[0]?.worker === 1, 'the stuck worker is gone')
    const stuck = log.entries.find(({ event }) => event === 'worker.stuck')
    expect(stuck?.facts).toMatchObject({ worker: 1, request: 'r1' })
    expect(stuck?.text).toBe('at work')
    expect(last().endpoints.map(({ worker }) => worker)).toEqual([2])
  })

  it('ends a stuck worker after drain_time when nobody reports it idle', async () => {
    const { supervisor, ready, gone } = supervise('ready', {
      limits: { ...limits, drain_time: 100, stop_time: 1000 },
    })
    await ready(1)
    supervisor.stuck({ application: 'shop', worker: 1, request: 'r1' })
    await until(() => gone[0]?.worker === 1, 'the stuck worker is gone')
  })

  it('ignores reports about workers that it does not have', async () => {
    const { supervisor, ready, last } = supervise('ready')
    await ready(1)
    supervisor.stuck({ application: 'shop', worker: 99, request: 'r' })
    supervisor.idle(1)
    expect(last().endpoints.length).toBe(1)
    expect(await supervisor.stacks(99)).toEqual([])
  })

  it('stops all workers, withdraws them first, and starts no more', async () => {
    const { supervisor, ready, published, gone } = supervise('ready', { processes: 2 })
    const { endpoints } = await ready(2)
    const stopping = supervisor.stop(10_000)
    expect(published.at(-1)?.endpoints).toEqual([])
    await stopping
    expect(gone.map(({ exit }) => exit.code)).toEqual([0, 0])
    expect(endpoints.some(({ pid }) => alive(pid))).toBe(false)
  })

  it('says stopped to who waits for a first start that was cut off', async () => {
    const { supervisor } = supervise('hangs_at_start')
    await supervisor.stop(0)
    expect(await supervisor.firstStart).toEqual({ kind: 'stopped' })
  })
})

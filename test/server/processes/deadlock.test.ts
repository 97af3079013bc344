// Workers whose interpreter runs no more: code in C that keeps its lock, or a process that was stopped.

import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isAlive } from '../../double/process-tree.ts'
import { untilWorkers, workerPids } from '../../double/processes.ts'
import { ask } from '../cli/ask.ts'
import { eventsOf, requestId, startDying, untilEvent, untilReport } from './dying.ts'

describe('limits.deadlock_time', () => {
  it('finds an interpreter whose lock is kept, says where, and replaces its worker', async () => {
    const server = await startDying({ limits: 'deadlock_time: 1s' })
    const [locked = 0] = await untilWorkers(server, 1)
    const neighbour = ask(server.port, '/sleep')
    await untilEvent(server, 'application.output', 'sleeps')
    const lost = await Promise.all([ask(server.port, '/lock'), neighbour])
    expect(lost.map(({ status }) => status)).toEqual([502, 502])
    const next = await ask(server.port, '/')
    expect(next.status).toBe(200)
    expect(next.body).not.toBe(String(locked))
    const report = await untilReport(server)
    expect(report).toContain(
      'was killed by SIGABRT: its interpreter had not run for 1 s (limits.deadlock_time)',
    )
    for (const { body } of lost) {
      const id = requestId(body)
      expect(report).toContain(id)
      expect(await untilEvent(server, 'request.failed', `request=${id} `)).toContain(' signal=SIGABRT ')
    }
    expect(report).toMatch(/\/dies\.py", line \d+ in keeps_the_lock\n/)
  })

  it('finds a process that was stopped', async () => {
    const server = await startDying({ limits: 'deadlock_time: 1s', processes: 2 })
    const [stopped = 0] = await untilWorkers(server, 2)
    process.kill(stopped, 'SIGSTOP')
    expect(await untilReport(server)).toContain('was killed by SIGKILL: its interpreter had not run for 1 s')
    await eventually('two others', () => {
      const pids = workerPids(server)
      return pids.length === 2 && !pids.includes(stopped) ? true : undefined
    })
  })

  it('leaves those alone that compute, however busy', async () => {
    const server = await startDying({ limits: 'deadlock_time: 1s' })
    const [before] = await untilWorkers(server, 1)
    const busy = await Promise.all([ask(server.port, '/compute'), ask(server.port, '/compute')])
    expect(busy.map(({ body }) => body)).toEqual([String(before), String(before)])
    expect(eventsOf(server, 'worker.exited')).toEqual([])
  })
})

it('request_time tells what the threads do even if the lock is kept', async () => {
  const server = await startDying({ limits: 'request_time: 1s, drain_time: 1s, deadlock_time: 0' })
  const [locked = 0] = await untilWorkers(server, 1)
  const late = await ask(server.port, '/lock')
  expect(late.status).toBe(504)
  const report = await untilEvent(server, 'worker.stuck')
  expect(report).toContain(`request=${requestId(late.body)}`)
  expect(report).toContain('It did not answer in time, as when code in C keeps the lock of its interpreter')
  expect(report).toMatch(/\/dies\.py", line \d+ in keeps_the_lock\n/)
  expect((await ask(server.port, '/')).body).not.toBe(String(locked))
  await eventually('the end of the worker', () => (isAlive(locked) ? undefined : true))
  expect(eventsOf(server, 'worker.exited')).toEqual([])
})

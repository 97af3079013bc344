import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  application,
  limits,
  place,
  recordingLog,
  temporaryDirectory,
  until,
} from '../../../test/app/worker/stand-in.ts'
import { monotonicMs } from '../../clock.ts'
import type { ApplicationSpec } from '../application-spec.ts'
import { ApplicationSupervisor } from '../supervisor.ts'

const packagePath = new URL('../../../python/portico_worker', import.meta.url).pathname

function supervise(change: Partial<ApplicationSpec>) {
  const log = recordingLog()
  const supervisor = new ApplicationSupervisor(
    {
      application: application(change),
      place: place('ready', { packagePath }),
      generation: 1,
      nextWorker: () => 1,
      log,
      clock: monotonicMs,
    },
    { published: () => {}, gone: () => 0 },
  )
  supervisor.start()
  return { supervisor, log }
}

it('leads the real worker from start to a planned end', async () => {
  const directory = temporaryDirectory()
  writeFileSync(
    join(directory, 'shop.py'),
    'print("imported")\ndef application(environ, start_response): ...\n',
  )
  const { supervisor, log } = supervise({ wsgi: 'shop:application', directory })
  expect(await supervisor.firstStart).toEqual({ kind: 'ready' })
  const socket = connect(supervisor.publication.endpoints[0]?.address ?? '')
  await until(() => !socket.connecting, 'the worker can be reached')
  socket.destroy()
  await supervisor.stop(10_000)
  const retired = log.entries.find(({ event }) => event === 'worker.retired')
  expect(retired?.facts).toMatchObject({ code: 0 })
  expect(log.entries.some(({ event }) => event === 'worker.killed')).toBe(false)
  await until(() => log.entries.some(({ text }) => text === 'imported'), 'its output is in the log')
})

it('passes on why the real worker could not start', async () => {
  const { supervisor } = supervise({ wsgi: 'nowhere:application', directory: temporaryDirectory() })
  const first = await supervisor.firstStart
  await supervisor.stop(0)
  expect(first).toMatchObject({ kind: 'failed', failure: { reason: 'module-not-found' } })
})

it('tells where an import keeps the lock of the interpreter for ever', async () => {
  const directory = temporaryDirectory()
  writeFileSync(join(directory, 'shop.py'), 'import ctypes\nctypes.PyDLL(None).sleep(1000)\n')
  const { supervisor } = supervise({
    wsgi: 'shop:application',
    directory,
    limits: { ...limits, startup_time: 1000 },
  })
  const first = await supervisor.firstStart
  await supervisor.stop(0)
  expect(first).toMatchObject({ kind: 'failed', failure: { reason: 'startup-time' } })
  expect(first.kind === 'failed' && first.failure.traceback).toMatch(/shop\.py", line 2 in <module>/)
})

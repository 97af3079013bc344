// Workers that die of themselves or of somebody else: one report says all that is known, and the service is back at once.

import { describe, expect, it } from 'vitest'
import { hasControlGroups, makeControlGroup } from '../../double/control-group.ts'
import { eventually } from '../../double/eventually.ts'
import { untilWorkers, workerPids } from '../../double/processes.ts'
import { ask } from '../cli/ask.ts'
import { eventsOf, requestId, startDying, untilEvent, untilReport } from './dying.ts'

describe('a request that ends its worker', () => {
  it('with SIGSEGV gets 502, and the report has the line of the application', async () => {
    const server = await startDying()
    const [before = 0] = await untilWorkers(server, 1)
    const lost = await ask(server.port, '/segfault')
    expect(lost.status).toBe(502)
    // The next one waits for the next worker.
    const next = await ask(server.port, '/')
    expect(next).toMatchObject({ status: 200 })
    expect(next.body).not.toBe(String(before))
    const id = requestId(lost.body)
    const report = await untilReport(server)
    expect(report).toMatch(
      new RegExp(
        `error worker\\.exited application=dies worker=1 pid=${before} signal=SIGSEGV deaths=1 retryMs=0\n`,
      ),
    )
    expect(report).toContain('Worker 1 of application "dies" was killed by SIGSEGV: code in C touched memory')
    expect(report).toContain(`It held the request ${id}`)
    expect(report).toContain('1 worker of this application has ended unasked so far; the next one starts at')
    expect(report).toMatch(/Current thread .*\n.* in string_at\n.*\/dies\.py", line \d+ in touches_nothing\n/)
    expect(report).not.toContain('portico_worker')
    expect(eventsOf(server, 'application.output')).toEqual([])
    const failed = await untilEvent(server, 'request.failed', `request=${id} `)
    expect(failed).toContain('method=GET target=/segfault ')
    expect(failed).toContain('signal=SIGSEGV | The worker was killed by SIGSEGV while it held the request')
  })

  it('by os._exit gets 502, and the report has the exit code', async () => {
    const server = await startDying()
    expect((await ask(server.port, '/gone')).status).toBe(502)
    const report = await untilReport(server)
    expect(report).toMatch(/ code=7 deaths=1 .*\n.* exited with code 7: the application ended its process\n/)
    expect((await ask(server.port, '/')).status).toBe(200)
  })

  it('takes its neighbours along, and the report names them all', async () => {
    const server = await startDying()
    const neighbour = ask(server.port, '/sleep')
    await untilEvent(server, 'application.output', 'sleeps')
    const lost = [await ask(server.port, '/abort'), await neighbour]
    expect(lost.map(({ status }) => status)).toEqual([502, 502])
    const report = await untilReport(server)
    expect(report).toContain('was killed by SIGABRT: code in C gave up by itself')
    const named = /It held the requests (.*)/.exec(report)?.[1]?.split(', ').sort()
    expect(named).toEqual(lost.map(({ body }) => requestId(body)).sort())
  })
})

describe('SIGKILL from somewhere', () => {
  it('is told from the kernel that is short of memory', async () => {
    const server = await startDying({ processes: 2 })
    const [victim = 0] = await untilWorkers(server, 2)
    process.kill(victim, 'SIGKILL')
    const report = await untilReport(server)
    expect(report).toMatch(/was killed by SIGKILL: somebody sent that/)
    expect(report).toContain('It held no request')
    expect(report).not.toContain('killed it for lack of memory')
    await eventually('two workers again', () => {
      const pids = workerPids(server)
      return pids.length === 2 && !pids.includes(victim) ? true : undefined
    })
  })

  // Only where a control group can be made; what is read there is tested everywhere by memory-kills.test.ts.
  if (hasControlGroups) {
    it('of the kernel, when the group has no memory left, is called that', async () => {
      const group = makeControlGroup(320 * 1024 * 1024)
      const server = await startDying()
      const [outside = 0] = await untilWorkers(server, 1)
      // Whoever is started from now on is in it, too.
      group.take(server.pid)
      process.kill(outside, 'SIGKILL')
      await untilReport(server)
      expect((await ask(server.port, '/memory')).status).toBe(502)
      expect(await untilReport(server, 2)).toContain(
        'was killed by SIGKILL: the kernel killed it for lack of memory',
      )
      expect((await ask(server.port, '/')).status).toBe(200)
    })
  }
})

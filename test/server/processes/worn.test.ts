// Workers that have served enough are replaced under load, and no request notices.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { type LoadAnswer, load } from '../../double/load.ts'
import { httpPid, httpPids, untilWorkers, workerPids } from '../../double/processes.ts'
import { isMissing, libpython, systemPython } from '../../double/project.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')

function start(limits: string, more = 'processes: 2'): Promise<RunningPortico> {
  const application = `{ wsgi: "worn:application", directory: ${apps}, threads: 2, limits: { ${limits} }, ${more} }`
  return startPortico({ config: `applications: { worn: ${application} }\nmounts: { /: worn }\n` })
}

function wornBy(server: RunningPortico, limit: string): number {
  return server
    .stderr()
    .split('\n')
    .filter((line) => line.includes('worker.worn') && line.includes(`limit=${limit}`)).length
}

describe('a worker', () => {
  it('is replaced after limits.requests, without a request lost, and two are always there', async () => {
    const server = await start('requests: 100')
    await untilWorkers(server, 2)
    const answers: LoadAnswer[] = []
    const pids = new Set<string>()
    // Those that come while the next one is being started go to the worn ones: as many rounds as it takes.
    for (let round = 0; round < 40 && pids.size < 4; round++) {
      answers.push(...(await load({ url: server.url, requests: 500, connections: 8, path: () => '/' })))
      for (const { body } of answers) pids.add(body)
    }
    expect(answers.filter(({ status, error }) => status !== 200 || error !== '')).toEqual([])
    expect(pids.size).toBeGreaterThanOrEqual(4)
    expect(wornBy(server, 'requests')).toBeGreaterThanOrEqual(pids.size - 2)
    await untilWorkers(server, 2)
    expect(server.stderr()).not.toMatch(/ (error|warn) /)
  })

  it('is replaced when its memory has reached limits.memory', async () => {
    const server = await start('memory: 96MiB', 'processes: 1')
    const [before] = await untilWorkers(server, 1)
    await load({ url: server.url, requests: 1, connections: 1, path: () => '/leak?100' })
    const [after] = await eventually('another worker', () => {
      const pids = workerPids(server)
      return pids.length === 1 && pids[0] !== before ? pids : undefined
    })
    const [answer] = await load({ url: server.url, requests: 1, connections: 1, path: () => '/' })
    expect(answer?.body).toBe(String(after))
    expect(wornBy(server, 'memory')).toBe(1)
  })

  it('is replaced at limits.age', async () => {
    const server = await start('age: 2s')
    const before = await untilWorkers(server, 2)
    await eventually('two other workers', () => {
      const pids = workerPids(server)
      return pids.length === 2 && !pids.some((pid) => before.includes(pid)) ? true : undefined
    })
    expect(wornBy(server, 'age')).toBeGreaterThanOrEqual(2)
  })
})

describe.skipIf(isMissing(libpython))('an HTTP process with an embedded application', () => {
  it('is replaced after limits.requests, without a request lost', async () => {
    const server = await start('requests: 300', `mode: embedded, python: ${systemPython}`)
    const answers = await load({ url: server.url, requests: 1500, connections: 8, path: () => '/' })
    expect(answers.filter(({ status, error }) => status !== 200 || error !== '')).toEqual([])
    await eventually('only another process', () => {
      const pids = httpPids(server)
      return pids.length === 1 && String(pids[0]) !== answers[0]?.body ? true : undefined
    })
    expect(wornBy(server, 'requests')).toBeGreaterThanOrEqual(1)
  })

  it('stays when another one cannot load the application, and is replaced when that can', async () => {
    const code = (answer: string): string =>
      `def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'${answer}']\n`
    const server = await startPortico({
      config: `applications: { app: { wsgi: "app:application", mode: embedded, python: ${systemPython}, threads: 2, limits: { requests: 20 } } }\nmounts: { /: app }\n`,
      files: { 'app.py': code('old') },
      environment: { PYTHONDONTWRITEBYTECODE: '1' },
    })
    const before = httpPid(server)
    writeFileSync(join(server.directory, 'app.py'), 'this is no Python\n')
    const ask = { url: server.url, requests: 40, connections: 4, path: () => '/' }
    const answers: LoadAnswer[] = []
    await eventually('the old process is kept', async () => {
      answers.push(...(await load(ask)))
      return server.stderr().includes('http.kept') ? true : undefined
    })
    answers.push(...(await load(ask)))
    expect(answers.filter(({ body }) => body !== 'old')).toEqual([])
    expect(httpPid(server)).toBe(before)
    writeFileSync(join(server.directory, 'app.py'), code('new'))
    await eventually(
      'the new code',
      async () => {
        const [answer] = await load({ ...ask, requests: 1 })
        return answer?.body === 'new' ? true : undefined
      },
      30_000,
    )
  })
})

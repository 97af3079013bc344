// php-fpm under load: its processes come and go, are too few, are killed, and it is restarted (rows FCC-18, FLT-22, FLT-27).

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { eventually } from '../../double/eventually.ts'
import { type LoadAnswer, load } from '../../double/load.ts'
import { httpPid, socketCount } from '../../double/processes.ts'
import { isMissing } from '../../double/project.ts'
import { ask, valuesOf } from '../cgi/scripts.ts'
import { type FpmOptions, startFpm } from './php-fpm.ts'
import { logged, ownPlace } from './place.ts'

async function loadedSite(options: FpmOptions, settings = '') {
  const place = ownPlace()
  const fpm = await startFpm(place, options)
  const at = `fastcgi: { address: "${fpm.address}", idle: 2s${settings} }, root: ${fpm.root}`
  const server = await place.portico(`log: { access: "off" }\nmounts:\n  /: { ${at} }\n`)
  return { place, fpm, server }
}

const failed = (answers: readonly LoadAnswer[]) => answers.filter(({ status }) => status !== 200)
const postsEachThird = (n: number) => (n % 3 === 0 ? `number ${n}` : undefined)

function counted(answers: readonly LoadAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, error } of answers) {
    const key = status === 0 ? error : String(status)
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

function percentile(answers: readonly LoadAnswer[], part: number): number {
  const times = answers.map(({ ms }) => ms).toSorted((a, b) => a - b)
  return times[Math.floor(times.length * part)] ?? 0
}

describe.skipIf(isMissing('php8.2-fpm'))('php-fpm', () => {
  // PORTICO_PHP_REQUESTS: for as many as somebody has patience for.
  it.each([false, true])('loses no request while its processes are replaced (TCP: %s)', async (tcp) => {
    const { server } = await loadedSite({ children: 4, requests: 50, tcp })
    const before = socketCount(httpPid(server))
    const requests = Number(process.env.PORTICO_PHP_REQUESTS ?? 4000)
    const answers = await load({
      url: server.url,
      requests,
      connections: 16,
      path: (n) => `/work.php?n=${n}`,
      body: postsEachThird,
    })
    expect(counted(answers)).toEqual({ 200: requests })
    for (const [n, { body }] of answers.entries())
      expect(body.replace(/^[0-9]+ /, '')).toBe(postsEachThird(n) ?? '')
    const pids = new Set(answers.map(({ body }) => body.split(' ')[0]))
    expect(pids.size).toBeGreaterThanOrEqual(requests / 51)
    await eventually('the connections are closed', () =>
      socketCount(httpPid(server)) <= before ? true : undefined,
    )
  })

  it('serves more clients than it has processes, and than there are connections to it', async () => {
    const { server } = await loadedSite({ children: 2 }, ', connections: 8')
    const requests = 1200
    const answers = await load({
      url: server.url,
      requests,
      connections: 32,
      path: (n) => `/work.php?us=${n % 40 === 0 ? 20_000 : 0}`,
      body: postsEachThird,
    })
    expect(counted(answers)).toEqual({ 200: requests })
    // 32 wait for 2 processes; a stall would be seconds.
    expect(percentile(answers, 0.99)).toBeLessThan(1500)
    expect(percentile(answers, 1)).toBeLessThan(5000)
  })

  it('takes with it only the requests that a killed process had begun', async () => {
    const { fpm, server } = await loadedSite({ children: 4 })
    const requests = 3000
    let kills = 0
    const answers = await load({
      url: server.url,
      requests,
      connections: 12,
      path: (n) => `/work.php?us=${n % 50 === 0 ? 5000 : 0}`,
      body: postsEachThird,
      answered: (count) => {
        if (count % 250 !== 0) return
        const [child] = fpm.running.children()
        if (child === undefined) return
        process.kill(child, 'SIGKILL')
        kills++
      },
    })
    const lost = failed(answers)
    expect(counted(lost)).toEqual(lost.length === 0 ? {} : { 502: lost.length })
    expect(kills).toBeGreaterThan(5)
    expect(lost.length).toBeLessThanOrEqual(kills)
    if (lost.length > 0) await logged(server, 'request.failed', 'status=502', 'connection')
  })

  it.each([
    ['SIGQUIT', false],
    ['SIGTERM', false],
    ['SIGTERM', true],
  ] as const)('restarted by %s loses at most what it had begun (TCP: %s)', async (signal, tcp) => {
    const { fpm, server } = await loadedSite({ children: 4, tcp })
    let restarted: Promise<void> | undefined
    const restart = async (): Promise<void> => {
      fpm.running.kill(signal)
      await fpm.running.stop()
      await fpm.restart()
    }
    const requests = 3000
    const clients = 12
    const answers = await load({
      url: server.url,
      requests,
      connections: clients,
      path: (n) => `/work.php?us=${n % 50 === 0 ? 5000 : 0}`,
      body: postsEachThird,
      answered: (count) => {
        if (count === 1000) restarted = restart()
      },
    })
    await restarted
    const lost = failed(answers)
    expect(counted(lost)).toEqual(lost.length === 0 ? {} : { 502: lost.length })
    // Of what was on its way: a GET is tried once more, and whether a POST that waited for a process was begun, nobody knows.
    expect(lost.length).toBeLessThanOrEqual(clients)
    const posts = answers.filter(({ status }, n) => status !== 200 && postsEachThird(n) !== undefined)
    expect(posts.length).toBeLessThanOrEqual(8)
    await logged(server, 'external.unreachable')
    await logged(server, 'external.reachable')
  })

  it('is down: 503 after connect_time, then at once, and well again when it is back', async () => {
    const { fpm, server } = await loadedSite({}, ', connect_time: 500ms')
    expect((await ask(server.port, '/index.php')).status).toBe(200)
    await fpm.running.stop()
    const begunMs = performance.now()
    const first = await ask(server.port, '/index.php')
    const firstMs = performance.now() - begunMs
    expect([first.status, valuesOf(first, 'retry-after')]).toEqual([503, [expect.stringMatching(/^[0-9]+$/)]])
    expect(firstMs).toBeGreaterThan(300)
    expect(firstMs).toBeLessThan(3000)
    const next = await load({ url: server.url, requests: 20, connections: 4, path: () => '/index.php' })
    expect(counted(next)).toEqual({ 503: 20 })
    // A second of them at most may wait for an attempt to connect.
    expect(percentile(next, 0.5)).toBeLessThan(300)
    await logged(server, 'request.failed', 'status=503', /ENOENT|ECONNREFUSED/)
    await fpm.restart()
    await eventually('an answer', async () =>
      (await ask(server.port, '/index.php')).status === 200 ? true : undefined,
    )
    await logged(server, 'external.reachable')
  })

  it('is too slow: 504 after request_time, and the connection is closed', async () => {
    const { place, server } = await loadedSite({ children: 1 }, ', request_time: 500ms')
    const file = join(place.directory, 'wait')
    const begunMs = performance.now()
    expect((await ask(server.port, `/wait.php?file=${file}`)).status).toBe(504)
    expect(performance.now() - begunMs).toBeLessThan(5000)
    await logged(server, 'request.failed', 'status=504')
    writeFileSync(`${file}.end`, '')
    expect((await ask(server.port, '/index.php')).status).toBe(200)
  })

  it('has its connection closed when the client goes while it works', async () => {
    const { place, server } = await loadedSite({ children: 1 })
    const http = httpPid(server)
    const before = socketCount(http)
    const file = join(place.directory, 'wait')
    const client = await Client.open(server.port)
    client.send(`GET /wait.php?file=${file} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await eventually('the script', () => (existsSync(file) ? true : undefined))
    expect(socketCount(http)).toBe(before + 2)
    client.socket.resetAndDestroy()
    await eventually('both are closed', () => (socketCount(http) <= before ? true : undefined))
    writeFileSync(`${file}.end`, '')
    expect((await ask(server.port, '/index.php')).status).toBe(200)
  })
})

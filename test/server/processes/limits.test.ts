import { rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { load } from '../../double/load.ts'
import { isAlive, processTree } from '../../double/process-tree.ts'
import { httpPid, socketCount, untilWorkers, workerPids } from '../../double/processes.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')

interface Settings {
  readonly threads: number
  readonly limits: string
  readonly gate?: string
}

function config({ threads, limits, gate = '/nonexistent' }: Settings): string {
  return [
    'applications:',
    '  waits:',
    '    wsgi: waits:application',
    `    directory: ${apps}`,
    '    processes: 1',
    `    threads: ${threads}`,
    `    environment: { GATE: ${gate} }`,
    `    limits: { ${limits} }`,
    'mounts: { /: waits }',
  ].join('\n')
}

function ask(
  server: RunningPortico,
  path: string,
): Promise<{ status: number; body: string; retryAfter: string }> {
  return new Promise((resolve, reject) => {
    get(server.url + path, { agent: false }, (response) => {
      let body = ''
      response.setEncoding('latin1')
      response.on('data', (text: string) => {
        body += text
      })
      const retryAfter = response.headers['retry-after'] ?? ''
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, retryAfter }))
    }).on('error', reject)
  })
}

describe('request_time', () => {
  it('answers 504, replaces the worker and lets its neighbours finish', async () => {
    const gate = join(tmpdir(), `portico-gate-${process.pid}-${Math.random().toString(36).slice(2)}`)
    const server = await startPortico({ config: config({ threads: 2, limits: 'request_time: 2s', gate }) })
    const [stuck = 0] = await untilWorkers(server, 1)
    const forever = ask(server, '/forever')
    // The neighbour comes when the stuck one has had half of its time, so its own is not over when that one's is.
    const neighbour = new Promise((resolve) => setTimeout(resolve, 1000)).then(() => ask(server, '/wait'))
    expect((await within(10_000, forever, 'an answer')).status).toBe(504)
    const replaced = await eventually('a new worker', () => workerPids(server).find((pid) => pid !== stuck))
    writeFileSync(gate, '')
    expect(await within(10_000, neighbour, 'the answer of the neighbour')).toMatchObject({
      status: 200,
      body: String(stuck),
    })
    rmSync(gate)
    expect((await ask(server, '/')).body).toBe(String(replaced))
    await eventually('the end of the stuck worker', () => (isAlive(stuck) ? undefined : true))
    expect(server.stderr()).toContain('worker.stuck')
  })
})

describe('the queue', () => {
  it('refuses with 503 and Retry-After what is beyond its length, and serves the rest in time', async () => {
    const gate = join(tmpdir(), `portico-gate-${process.pid}-${Math.random().toString(36).slice(2)}`)
    const server = await startPortico({ config: config({ threads: 1, limits: 'queue: 2', gate }) })
    // One slot and two places: of four the last one to come is refused, whichever that is.
    const asked = Array.from({ length: 4 }, () => ask(server, '/wait'))
    const refused = await within(10_000, Promise.race(asked), 'a refusal')
    expect(refused.status).toBe(503)
    expect(refused.retryAfter).not.toBe('')
    writeFileSync(gate, '')
    const answers = await within(10_000, Promise.all(asked), 'the held requests')
    rmSync(gate)
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 503])
  })

  it('gives up after queue_time', async () => {
    const server = await startPortico({ config: config({ threads: 1, limits: 'queue_time: 300ms' }) })
    const asked = Array.from({ length: 2 }, () => ask(server, '/wait').catch(() => undefined))
    const late = await within(10_000, Promise.race(asked), 'a refusal')
    expect(late?.status).toBe(503)
    expect(late?.body).toContain('busy')
    server.kill('SIGKILL')
    await Promise.all(asked)
  })
})

describe('a client that goes away', () => {
  it('leaves no socket, slot or listener behind, a thousand times', async () => {
    const server = await startPortico({ config: config({ threads: 4, limits: 'queue: 2000' }) })
    await untilWorkers(server, 1)
    expect((await ask(server, '/')).status).toBe(200)
    const pid = httpPid(server)
    const idle = await eventually('quiet', () => (socketCount(pid) > 0 ? socketCount(pid) : undefined))
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => abort(server.port, n)))
    }
    await eventually('as many sockets as before', () => (socketCount(pid) <= idle ? true : undefined), 20_000)
    const answers = await load({ url: server.url, requests: 200, connections: 8, path: () => '/' })
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(workerPids(server)).toHaveLength(1)
  })
})

/** Opens a connection, sends a whole request or a part of one, and goes away with a reset or an end. */
function abort(port: number, n: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      const head = `${n % 3 === 0 ? 'POST' : 'GET'} /?${n} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${n % 3 === 0 ? 10 : 0}\r\n\r\n`
      socket.write(n % 5 === 0 ? head.slice(0, 20) : head, () => {
        if (n % 2 === 0) socket.resetAndDestroy()
        else socket.destroy()
      })
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}

describe('a worker that leaves a child behind', () => {
  it('is replaced when it dies, and the child dies with it', async () => {
    const server = await startPortico({ config: config({ threads: 2, limits: 'request_time: 60s' }) })
    const [worker = 0] = await untilWorkers(server, 1)
    expect((await ask(server, '/forks')).body).toBe(String(worker))
    const children = await eventually('the forked child', () => {
      const below = processTree(worker).filter((pid) => pid !== worker)
      return below.length > 0 ? below : undefined
    })
    process.kill(worker, 'SIGKILL')
    await eventually('the end of the child', () => (children.some(isAlive) ? undefined : true))
    await eventually('a new worker', () => workerPids(server).find((pid) => pid !== worker))
    expect((await within(10_000, ask(server, '/'), 'an answer')).status).toBe(200)
  })
})

// Clients that want more than their share: memory, slots, deadlines, descriptors.

import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { httpPid, residentKib, socketCount, untilWorkers } from '../../double/processes.ts'
import { startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')
const host = 'Host: localhost\r\n'
const close = 'Connection: close\r\n'

function config(limits: string, more = '', threads = 4): string {
  return [
    `limits: { ${limits} }`,
    `applications: { engine: { wsgi: "engine:application", directory: ${apps}, processes: 1, threads: ${threads} } }`,
    'mounts: { /: engine }',
    more,
  ].join('\n')
}

describe('a client', () => {
  it('that pipelines and never reads is not answered into our memory', async () => {
    const server = await startPortico({ config: config('write_idle: 5s') })
    await untilWorkers(server, 1)
    const pid = httpPid(server)
    const before = residentKib(pid)
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.pause()
    const burst = `GET /block HTTP/1.1\r\n${host}\r\n`.repeat(2000)
    for (let i = 0; i < 20; i++) socket.write(burst)
    // Others are served meanwhile, and the memory is looked at while the pipeline is full.
    for (let i = 0; i < 20; i++) {
      expect(await rawExchange(server.port, `GET /echo HTTP/1.1\r\n${host}${close}\r\n`)).toContain('200 OK')
    }
    expect(residentKib(pid) - before).toBeLessThan(64 * 1024)
    socket.destroy()
  })

  it('that sends a body of one-octet chunks is served, and so is the next', async () => {
    const server = await startPortico({ config: config('body: 10MiB') })
    const head = `POST /echo HTTP/1.1\r\n${host}${close}Transfer-Encoding: chunked\r\n\r\n`
    for (const count of [40_000, 100_000]) {
      const answer = await rawExchange(server.port, `${head}${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`)
      expect(answer).toContain(`Content-Length: ${count}\r\n`)
    }
    expect(server.stderr()).not.toContain('internal.fault')
  })

  it('that stalls on a unix socket ends nobody else’s deadlines', async () => {
    const path = join('/tmp', `portico-stall-${process.pid}-${Math.random().toString(36).slice(2)}.sock`)
    const listen = `listen: ["127.0.0.1:0", "unix:${path}"]`
    const server = await startPortico({ config: config('write_idle: 500ms, keep_alive: 1s', listen) })
    const stalled = connect(path)
    stalled.on('error', () => {})
    stalled.write(`GET /large?100 HTTP/1.0\r\n\r\n`)
    await new Promise((resolve) => stalled.once('data', resolve))
    stalled.pause()
    await eventually('the end of the stalled one', () => {
      stalled.write('\r\n')
      return stalled.destroyed || stalled.errored ? true : undefined
    })
    const idle = rawExchange(server.port, `GET /echo HTTP/1.1\r\n${host}\r\n`)
    expect(await within(5000, idle, 'the close of an idle connection')).toContain('200 OK')
    expect(server.stderr()).not.toContain('internal.fault')
  })

  it('over the limit of connections is turned away, and does not stay', async () => {
    const server = await startPortico({ config: config('connections: 4') })
    const pid = httpPid(server)
    await untilWorkers(server, 1)
    const before = socketCount(pid) + 4
    const held = Array.from({ length: 4 }, () => connect(server.port, '127.0.0.1'))
    for (const socket of held) socket.on('error', () => {}).write('GET / HT')
    // The octets must be there before the next one comes, or the oldest would count as idle and make room.
    await eventually('a refusal', () =>
      server.stderr().includes('connections.refused') ? true : probe(server.port),
    )
    // It keeps its side open for ever; the server does not.
    const late = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
    let said = ''
    late.on('error', () => {})
    late.setEncoding('latin1').on('data', (text: string) => {
      said += text
    })
    await within(
      8000,
      new Promise((resolve) => late.once('end', resolve)),
      'the end of the refused connection',
    )
    expect(said).toMatch(/^HTTP\/1\.1 503 /)
    await eventually('the close of its socket', () => (socketCount(pid) <= before ? true : undefined))
    late.destroy()
    for (const socket of held) socket.destroy()
  })
})

/** Opens and closes a connection, so that there is something to refuse. */
function probe(port: number): undefined {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.on('connect', () => socket.destroy())
  return undefined
}

describe('an application', () => {
  it('may read its input after its answer was complete', async () => {
    const server = await startPortico({ config: config('body: 10MiB', 'spool: { memory: 64KiB }', 2) })
    const body = 'x'.repeat(300_000)
    const post = `POST /after HTTP/1.1\r\n${host}${close}Content-Length: ${body.length}\r\n\r\n${body}`
    for (let i = 0; i < 4; i++) expect((await rawExchange(server.port, post)).endsWith('early')).toBe(true)
    const read = await within(
      5000,
      (async () => {
        for (;;) {
          const answer = await rawExchange(server.port, `GET /read HTTP/1.1\r\n${host}${close}\r\n`)
          if (answer.split('300000').length === 5) return true
        }
      })(),
      'all input read',
    )
    expect(read).toBe(true)
  })

  it('that says no length leaves HEAD without one', async () => {
    const server = await startPortico({ config: config('body: 10MiB') })
    const answer = await rawExchange(server.port, `HEAD /pieces HTTP/1.1\r\n${host}${close}\r\n`)
    expect(answer).not.toContain('Content-Length')
  })
})

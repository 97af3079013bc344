// The HTTP/1.1 engine in the whole server, over raw sockets: what a client may count on.

import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { httpPid, residentKib, untilWorkers } from '../../double/processes.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')
const host = 'Host: localhost\r\n'
const close = 'Connection: close\r\n'

const config = [
  'limits: { body: 10MiB, head_time: 1s, keep_alive: 1s, body_idle: 1s, write_idle: 2s }',
  `applications: { engine: { wsgi: "engine:application", directory: ${apps}, processes: 1, threads: 6 } }`,
  'mounts: { /: engine, "/mounted": engine, "/files": { files: . } }',
].join('\n')

let server: RunningPortico

beforeAll(async () => {
  server = await startPortico({ config, files: { 'small.txt': 'small' }, shared: true })
})

afterAll(async () => {
  await server.stop()
})

function exchange(text: string, options = {}): Promise<string> {
  return rawExchange(server.port, text, options)
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4)
}

function statuses(answers: string): string[] {
  return [...answers.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)].map((match) => match[1] ?? '')
}

describe('one connection', () => {
  it('carries many requests and keeps pipelined ones in order', async () => {
    const one = (n: number): string => `GET /echo?${n} HTTP/1.1\r\n${host}\r\n`
    const answers = await exchange(
      `${one(1)}${one(2)}GET /nowhere/../files/none HTTP/1.1\r\n${host}\r\n${one(3)}GET /echo?4 HTTP/1.1\r\n${host}${close}\r\n`,
    )
    expect(statuses(answers)).toEqual(['200', '200', '200', '200', '200'])
    expect([...answers.matchAll(/X-Query: ([0-9]*)/g)].map((match) => match[1])).toEqual([
      '1',
      '2',
      '',
      '3',
      '4',
    ])
  })

  it('closes behind a 1.0 request and never answers it in chunks', async () => {
    const answer = await exchange('GET /pieces HTTP/1.0\r\n\r\n')
    expect(answer).not.toContain('Transfer-Encoding')
    expect(answer).toContain('Connection: close')
    expect(bodyOf(answer)).toBe('one two three')
  })

  it('stays open behind a 1.0 request that asks for it', async () => {
    const twice = `GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /echo HTTP/1.0\r\n\r\n`
    expect(statuses(await exchange(twice))).toEqual(['200', '200'])
  })

  it('answers a client that has closed its half', async () => {
    const answer = await exchange(`GET /echo?half HTTP/1.1\r\n${host}\r\n`, { end: true })
    expect(answer).toContain('X-Query: half')
  })

  it('is closed when it is idle for longer than keep_alive', async () => {
    const started = performance.now()
    const answer = await exchange(`GET /echo HTTP/1.1\r\n${host}\r\n`)
    expect(statuses(answer)).toEqual(['200'])
    // The engine's clock is as old as its last sweep, a quarter of a second at most.
    expect(performance.now() - started).toBeGreaterThan(700)
  })

  it('takes heads as large as limits.head says, in whatever pieces', async () => {
    const large = await startPortico({
      config: 'limits: { head: 256KiB, head_time: 2s }\nmounts: { /: { redirect: /there } }',
    })
    try {
      const fields = Array.from({ length: 50 }, (_, i) => `X-Large-${i}: ${'v'.repeat(4000)}\r\n`).join('')
      const text = `GET / HTTP/1.1\r\n${host}${close}${fields}\r\n`
      for (const at of [text.length, 1, 70_000, text.length - 1]) {
        const socket = connect(large.port, '127.0.0.1')
        socket.setNoDelay(true)
        socket.write(text.slice(0, at))
        // The first part has been taken before the second one comes, or both come at once: either is right.
        setImmediate(() => socket.write(text.slice(at)))
        const pieces: Buffer[] = []
        for await (const piece of socket) pieces.push(piece)
        expect(statuses(Buffer.concat(pieces).toString('latin1'))).toEqual(['302'])
      }
    } finally {
      await large.stop()
    }
  })

  it('is refused with 408 when a head does not come in time', async () => {
    expect(statuses(await exchange('GET / HTTP/1.1\r\nHost: loc'))).toEqual(['408'])
  })
})

describe('a request body', () => {
  it('reaches the application whole, sized or chunked', async () => {
    const sized = await exchange(`POST /echo HTTP/1.1\r\n${host}${close}Content-Length: 5\r\n\r\nhello`)
    expect(bodyOf(sized)).toBe('hello')
    const chunked = `POST /echo HTTP/1.1\r\n${host}${close}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: 1\r\n\r\n`
    expect(bodyOf(await exchange(chunked))).toBe('hello')
  })

  it('is asked for with 100 (Continue) before it is sent', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const said = collect(socket)
    socket.write(`POST /echo HTTP/1.1\r\n${host}${close}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`)
    await eventually('the 100', () => (said().startsWith('HTTP/1.1 100 ') ? true : undefined))
    socket.write('hi')
    await within(5000, new Promise((resolve) => socket.on('close', resolve)), 'the end')
    expect(statuses(said())).toEqual(['100', '200'])
    expect(said().endsWith('\r\n\r\nhi')).toBe(true)
  })

  it('that is too large is refused before it is sent, and the answer survives what is under way', async () => {
    const asked = await exchange(
      `POST /echo HTTP/1.1\r\n${host}Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n`,
    )
    expect(statuses(asked)).toEqual(['413'])
    expect(asked).toContain('limits.body')
    const body = 'x'.repeat(5 << 20)
    const chunked = `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${`500000\r\n${body}\r\n`.repeat(3)}0\r\n\r\n`
    expect(statuses(await exchange(chunked))).toEqual(['413'])
  })

  it('that stops coming is given up with 408', async () => {
    const answer = await exchange(`POST /echo HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nhello`)
    expect(statuses(answer)).toEqual(['408'])
  })

  it('that ends too early never reaches the application as complete', async () => {
    const answer = await exchange(`POST /echo HTTP/1.1\r\n${host}Content-Length: 10\r\n\r\nhello`, {
      end: true,
    })
    expect(statuses(answer)).toEqual(['400'])
  })

  it('that the application does not read does not spoil the next request', async () => {
    const first = `POST /ignores HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello`
    const large = `POST /ignores HTTP/1.1\r\n${host}Content-Length: 900000\r\n\r\n${'x'.repeat(900_000)}`
    const answers = await exchange(`${first}${large}GET /echo?next HTTP/1.1\r\n${host}${close}\r\n`)
    expect(statuses(answers)).toEqual(['200', '200', '200'])
    expect(answers).toContain('X-Query: next')
  })
})

describe('an answer', () => {
  it('without a length goes out in chunks, to HEAD without a body', async () => {
    const answer = await exchange(`GET /pieces HTTP/1.1\r\n${host}${close}\r\n`)
    expect(answer).toContain('Transfer-Encoding: chunked')
    expect(answer.endsWith('0\r\n\r\n')).toBe(true)
    const head = await exchange(
      `HEAD /pieces HTTP/1.1\r\n${host}\r\nHEAD /files/small.txt HTTP/1.1\r\n${host}${close}\r\n`,
    )
    expect(statuses(head)).toEqual(['200', '200'])
    expect(head).toContain('Content-Length: 5\r\n')
    expect(head.endsWith('\r\n\r\n')).toBe(true)
  })

  it('of 204 and 304 has neither body nor length', async () => {
    for (const status of ['204', '304']) {
      const answer = await exchange(`GET /status/${status} HTTP/1.1\r\n${host}${close}\r\n`)
      expect(answer).toContain(`HTTP/1.1 ${status} Chosen`)
      expect(answer).not.toMatch(/Content-Length|Transfer-Encoding/)
      expect(bodyOf(answer)).toBe('')
    }
  })

  it('carries Date, Server and the reason of the application', async () => {
    const answer = await exchange(`GET /status/299 HTTP/1.1\r\n${host}${close}\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 299 Chosen\r\n/)
    expect(answer).toMatch(/\r\nDate: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT\r\n/)
    expect(answer).toMatch(/\r\nServer: Portico\/[0-9.]+\r\n/)
  })

  it('that was cut short never looks complete', async () => {
    const late = await exchange(`GET /late HTTP/1.1\r\n${host}\r\n`)
    expect(statuses(late)).toEqual(['200'])
    expect(late.endsWith('0\r\n\r\n')).toBe(false)
    const short = await exchange(`GET /short HTTP/1.1\r\n${host}\r\n`)
    expect(
      short.endsWith('short') ? short.includes('Content-Length: 10') : statuses(short)[0] === '502',
    ).toBe(true)
  })

  it('to a slow reader waits for it in bounded memory, and others are served meanwhile', async () => {
    const [worker = 0] = await untilWorkers(server, 1)
    const pid = httpPid(server)
    const before = residentKib(pid)
    const readers = Array.from({ length: 3 }, () => slowReader(server.port))
    await eventually('the first octets', () => (readers.every(({ begun }) => begun()) ? true : undefined))
    expect(statuses(await exchange(`GET /echo HTTP/1.1\r\n${host}${close}\r\n`))).toEqual(['200'])
    expect(residentKib(pid) - before).toBeLessThan(48 * 1024)
    expect(residentKib(worker)).toBeLessThan(200 * 1024)
    // None of them reads on, so write_idle ends them.
    await within(15_000, Promise.all(readers.map(({ ended }) => ended)), 'the end of the slow readers')
  })
})

describe('a mount', () => {
  it('splits the path into script name and path info at a segment', async () => {
    const at = async (path: string): Promise<string> =>
      /X-Path: (.*)\r\n/.exec(await exchange(`GET ${path} HTTP/1.1\r\n${host}${close}\r\n`))?.[1] ?? 'none'
    expect(await at('/mounted/a%20b')).toBe('/a b')
    expect(await at('/mountedx')).toBe('/mountedx')
    expect(await at('/mounted')).toBe('')
  })
})

function collect(socket: Socket): () => string {
  let text = ''
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    text += piece
  })
  socket.on('error', () => {})
  return () => text
}

/** Asks for 200 MiB, reads the first piece and then nothing more. */
function slowReader(port: number): { begun: () => boolean; ended: Promise<void> } {
  const socket = connect(port, '127.0.0.1')
  let begun = false
  socket.on('error', () => {})
  socket.once('data', () => {
    begun = true
    socket.pause()
    watch()
  })
  socket.write(`GET /large?200 HTTP/1.1\r\n${host}\r\n`)
  let resolveEnded = (): void => {}
  const ended = new Promise<void>((resolve) => {
    resolveEnded = resolve
  })
  // A paused socket does not hear of a reset; a write does.
  const watch = (): void => {
    const timer = setInterval(() => socket.write('\r\n'), 100)
    socket.on('close', () => {
      clearInterval(timer)
      resolveEnded()
    })
  }
  return { begun: () => begun, ended }
}

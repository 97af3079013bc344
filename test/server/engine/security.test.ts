// Attacks that the engine, the router and the log must see through; whatever they are, the server answers and goes on.

import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { httpPid, residentKib, untilWorkers } from '../../double/processes.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')
const host = 'Host: localhost\r\n'
const close = 'Connection: close\r\n'

let server: RunningPortico
beforeAll(async () => {
  server = await startPortico({
    config: [
      'limits: { body: 64MiB, head_time: 2s }',
      `applications: { engine: { wsgi: "engine:application", directory: ${apps}, processes: 1, threads: 4 } }`,
      'mounts: { /: engine, /files: { files: files } }',
      'sites: [{ hosts: [known.example], mounts: { /: { files: files } } }]',
    ].join('\n'),
    files: { 'files/dir/index.html': 'the index', 'files/a.txt': 'a' },
    shared: true,
  })
  await untilWorkers(server, 1)
})
afterAll(async () => {
  await server.stop()
})

const exchange = (text: string, ms = 20_000): Promise<string> => rawExchange(server.port, text, { ms })
const headOf = (answer: string): string => answer.split('\r\n\r\n', 1)[0] ?? ''
const statusOf = (answer: string): string => /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 'none'

/** Octets sent as fast as they are taken, until the server closes or all are out. */
function flood(text: string, piece: string, times: number): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  let said = ''
  let left = times
  const pour = (): void => {
    while (left > 0 && !socket.destroyed) {
      left--
      if (!socket.write(piece)) return
    }
  }
  socket.setEncoding('latin1').on('data', (received: string) => {
    said += received
  })
  socket.on('error', () => {}).on('drain', pour)
  socket.write(text)
  pour()
  return within(
    20_000,
    new Promise((resolve) => socket.on('close', () => resolve(said)).on('end', () => socket.end())),
    'the end of a flood',
  )
}

describe('octets without end', () => {
  const block = 64 * 1024
  const times = 1024
  it.each([
    ['a million line ends before the request', '', '\r\n'.repeat(block / 2), 32, /^$|^HTTP\/1\.1 4\d\d /],
    ['a request line', 'GET /', 'a'.repeat(block), times, /^HTTP\/1\.1 414 /],
    ['fields', `GET / HTTP/1.1\r\n${host}`, 'X: y\r\n'.repeat(10_000), times, /^HTTP\/1\.1 431 /],
    ['one field', `GET / HTTP/1.1\r\n${host}X: `, 'y'.repeat(block), times, /^HTTP\/1\.1 431 /],
    [
      'fields without a name',
      `GET / HTTP/1.1\r\n${host}`,
      ': y\r\n'.repeat(10_000),
      times,
      /^HTTP\/1\.1 4(00|31) /,
    ],
    [
      'a chunk extension',
      `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n1;`,
      'x'.repeat(block),
      times,
      /^HTTP\/1\.1 4\d\d /,
    ],
    [
      'extensions of many small chunks',
      `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`,
      '1;name=value\r\nx\r\n'.repeat(4000),
      times,
      /^HTTP\/1\.1 4\d\d /,
    ],
    [
      'trailers',
      `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n`,
      'X: y\r\n'.repeat(10_000),
      times,
      /^HTTP\/1\.1 4\d\d /,
    ],
    [
      'a body over the limit',
      `POST /echo HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`,
      `10000\r\n${'x'.repeat(block)}\r\n`,
      2 * times,
      /^HTTP\/1\.1 413 /,
    ],
  ])('are refused in bounded memory: %s', async (_, head, piece, count, expected) => {
    const pid = httpPid(server)
    const before = residentKib(pid)
    expect(await flood(head, piece, count)).toMatch(expected)
    expect(residentKib(pid) - before).toBeLessThan(64 * 1024)
    expect(statusOf(await exchange(`GET /echo HTTP/1.1\r\n${host}${close}\r\n`))).toBe('200')
  })
})

describe('names that mean something elsewhere', () => {
  it('are plain data: __proto__, constructor, hasOwnProperty', async () => {
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '__defineGetter__']
    const fields = names.map((name) => `${name}: polluted\r\n`).join('')
    const query = names.map((name) => `${name}[a]=1&${name}=2`).join('&')
    const cookies = names.map((name) => `${name}=1`).join('; ')
    for (const path of ['/echo', '/files/a.txt', ...names.map((name) => `/${name}`)]) {
      const answer = await exchange(
        `GET ${path}?${query} HTTP/1.1\r\n${host}Cookie: ${cookies}\r\n${fields}${close}\r\n`,
      )
      expect(statusOf(answer)).toBe('200')
    }
    const missing = await exchange(`GET /files/__proto__ HTTP/1.1\r\n${host}${close}\r\n`)
    expect(missing).toContain('X-Path: /files/__proto__\r\n')
    expect(await exchange(`GET / HTTP/1.1\r\nHost: __proto__\r\n${close}\r\n`)).toMatch(/ 200 /)
    expect(await exchange(`__proto__ /files/a.txt HTTP/1.1\r\n${host}${close}\r\n`)).toContain(
      'X-Path: /files/a.txt\r\n',
    )
  })

  it('do not slow the server down: 100,000 parameters, and a path of 8,000 octets', async () => {
    const began = performance.now()
    const long = `${'a/'.repeat(3900)}`
    for (const target of [`/echo?${'a&'.repeat(3900)}`, `/files/${long}`, `/${'%2e%2e/'.repeat(1100)}`]) {
      expect(statusOf(await exchange(`GET ${target} HTTP/1.1\r\n${host}${close}\r\n`))).toMatch(/200|400|404/)
    }
    expect(performance.now() - began).toBeLessThan(5000)
  })
})

describe('a redirect to the slash of a directory', () => {
  it('stays on this server, however the path begins', async () => {
    for (const target of [
      '//evil.test/%2e%2e',
      '/\\evil.test',
      '/%5cevil.test',
      '/files//evil.test/%2e%2e/dir',
      '//evil.test',
    ]) {
      const answer = await exchange(`GET ${target} HTTP/1.1\r\nHost: known.example\r\n${close}\r\n`)
      const location = /^Location: (.*)$/m.exec(headOf(answer))?.[1]?.trim() ?? '/'
      expect(location, target).toMatch(/^(\/(?![/\\])|http:\/\/known\.example\/)/)
    }
    const answer = await exchange(`GET /dir HTTP/1.1\r\nHost: known.example\r\n${close}\r\n`)
    expect(answer).toMatch(/ 30[1278] [\s\S]*Location: (http:\/\/known\.example)?\/dir\/\r\n/)
  })

  it('carries no line end out of the path', async () => {
    const answer = await exchange(`GET /files/dir%0d%0aSet-Cookie:%20a=b/ HTTP/1.1\r\n${host}${close}\r\n`)
    expect(headOf(answer)).not.toMatch(/^Set-Cookie/m)
    const query = await exchange(`GET /files/dir?a%0d%0aSet-Cookie:b HTTP/1.1\r\n${host}${close}\r\n`)
    expect(headOf(query)).not.toMatch(/^Set-Cookie/m)
  })

  it('never names a host that is none', async () => {
    for (const name of [
      'evil.test/path',
      'evil.test@known.example',
      'a b',
      'evil.test\\',
      '',
      'x:99999',
      '[::1',
      'a,b',
    ]) {
      const answer = await exchange(`GET /files/dir HTTP/1.1\r\nHost: ${name}\r\n${close}\r\n`)
      expect(statusOf(answer), name).toMatch(name === '' ? /400|30[1278]/ : /400/)
    }
    const other = await exchange(`GET /files/dir HTTP/1.1\r\nHost: unknown.test\r\n${close}\r\n`)
    expect(statusOf(other)).toMatch(/30[1278]/)
  })
})

describe('a log', () => {
  it('shows controls, quotes and escapes of a request and never obeys them', async () => {
    const marks = '%1b[31m%0d%0a127.0.0.1 - - "forged"'
    await exchange(
      `GET /files/none?${encodeURI('"')}${marks.replaceAll(' ', '%20').replaceAll('"', '%22')} HTTP/1.1\r\n${host}${close}\r\n`,
    )
    await exchange(
      `GET /files/none HTTP/1.1\r\n${host}User-Agent: a"b\\c\t\xffend-of-agent\r\nReferer: "x"\r\n${close}\r\n`,
    )
    await exchange(`GET /\x01 HTTP/1.1\r\n${host}\r\n`)
    await eventually('the line of the agent', () =>
      server.stdout().includes('end-of-agent') ? true : undefined,
    )
    const lines = server.stdout().split('\n')
    for (const line of lines) expect(line).toMatch(/^[\x20-\x7e]*$/)
    expect(lines.filter((line) => line.includes('end-of-agent'))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith('127.0.0.1 - - "forged"'))).toEqual([])
  })
})

// Files over real sockets: what only a whole server shows, such as large files to slow readers, and changes seen in time.

import { createHash } from 'node:crypto'
import { renameSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { ask } from '../cli/ask.ts'

const large = Buffer.from(Array.from({ length: 12_000_000 }, (_, i) => (i * 7 + (i >> 8) + (i >> 16)) & 0xff))
const hash = (octets: Buffer): string => createHash('sha256').update(octets).digest('hex')
const config = [
  'mounts:',
  '  /: { files: public, listing: true }',
  '  /dist: { files: dist, precompressed: true, cache: immutable }',
].join('\n')

let server: RunningPortico
beforeAll(async () => {
  server = await startPortico({
    config,
    files: {
      'public/large.bin': large,
      'public/cut.bin': large,
      'public/a.txt': 'hello',
      'dist/app.js': 'plain',
      'dist/app.js.br': 'brotli',
    },
    shared: true,
  })
})
afterAll(async () => {
  await server.stop()
})

const path = (name: string): string => join(server.directory, 'public', name)

interface Fetched {
  readonly head: string
  readonly body: Buffer
}

/** Fetches with a pause after every piece that comes, so that the server's socket is full most of the time. */
function fetchSlowly(target: string, fields: readonly string[] = [], between = () => {}): Promise<Fetched> {
  const socket = connect(server.port, '127.0.0.1')
  const pieces: Buffer[] = []
  socket.write(
    [`GET ${target} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...fields, '', ''].join('\r\n'),
  )
  socket.on('data', (piece) => {
    pieces.push(piece)
    between()
    socket.pause()
    setImmediate(() => socket.resume())
  })
  const closed = new Promise<Fetched>((resolve) => {
    socket
      .on('error', () => {})
      .on('close', () => {
        const all = Buffer.concat(pieces)
        const end = all.indexOf('\r\n\r\n')
        resolve({ head: all.toString('latin1', 0, end), body: all.subarray(end + 4) })
      })
  })
  return within(30_000, closed, 'the end of the file').finally(() => socket.destroy())
}

describe('a large file', () => {
  it('arrives whole, several times at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => fetchSlowly('/large.bin')))
    expect(new Set(all.map(({ body }) => hash(body)))).toEqual(new Set([hash(large)]))
  })

  it('arrives in ranges, one or several', async () => {
    const one = await fetchSlowly('/large.bin', ['Range: bytes=1000-9000999'])
    expect(one.head).toMatch(/^HTTP\/1\.1 206 /)
    expect(hash(one.body)).toBe(hash(large.subarray(1000, 9_001_000)))
    const two = await fetchSlowly('/large.bin', ['Range: bytes=0-2999999,5000000-11000000'])
    expect(Number(/content-length: ([0-9]+)/i.exec(two.head)?.[1])).toBe(two.body.length)
    expect(two.body.includes(large.subarray(5_000_000, 11_000_001))).toBe(true)
  })

  it('that shrinks while it is sent ends before the length that was announced', async () => {
    let cut = false
    const { head, body } = await fetchSlowly('/cut.bin', [], () => {
      if (!cut) truncateSync(path('cut.bin'), 1_000_000)
      cut = true
    })
    expect(Number(/content-length: ([0-9]+)/i.exec(head)?.[1])).toBe(large.length)
    expect(body.length).toBeLessThan(large.length)
    expect((await ask(server.port, '/a.txt')).status).toBe(200)
  })
})

describe('a change', () => {
  it('is seen within a second, whether it is written or renamed into place', async () => {
    for (let i = 0; i < 2; i++) {
      // Asked for until the file is in memory for certain, and in use.
      const until = performance.now() + 300
      while (performance.now() < until) await ask(server.port, '/a.txt')
      const text = `version ${i}`
      if (i === 0) writeFileSync(path('a.txt'), text)
      else {
        writeFileSync(path('b.txt'), text)
        renameSync(path('b.txt'), path('a.txt'))
      }
      const changed = performance.now()
      let asked = changed
      let { body } = await ask(server.port, '/a.txt')
      while (body !== text) {
        asked = performance.now()
        body = (await ask(server.port, '/a.txt')).body
        // A request that came a second after the change must not be answered with what was before.
        if (body !== text) expect(asked - changed).toBeLessThan(1000)
      }
    }
  })
})

describe('the methods of files', () => {
  it('are GET and HEAD, and OPTIONS says so', async () => {
    const options = await ask(server.port, '/a.txt', { method: 'OPTIONS' })
    expect([options.status, options.fields.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
    const post = await ask(server.port, '/a.txt', { method: 'POST', body: 'x' })
    expect([post.status, post.fields.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    const [get, head] = [
      await ask(server.port, '/large.bin'),
      await ask(server.port, '/large.bin', { method: 'HEAD' }),
    ]
    expect(head.body).toBe('')
    expect(head.fields.get('content-length')).toBe(get.fields.get('content-length'))
  })
})

describe('a kept connection', () => {
  it('gets the same octets from memory as from the file', async () => {
    const socket = connect(server.port, '127.0.0.1')
    const request = 'GET /dist/app.js HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n\r\n'
    let received = ''
    const answers = new Promise<string[]>((resolve) => {
      socket.setEncoding('latin1').on('data', (text: string) => {
        received += text
        const parts = received.split(/(?=HTTP\/1\.1 )/)
        if (parts.length < 20) socket.write(request)
        else if (received.endsWith('brotli')) resolve(parts)
      })
    })
    socket.write(request)
    const parts = await within(10_000, answers, 'twenty answers').finally(() => socket.destroy())
    const same = new Set(parts.map((part) => part.replace(/Date: [^\r]*/, '')))
    expect(same.size).toBe(1)
    expect(parts[0]).toMatch(/Cache-Control: max-age=31536000, immutable\r\n/)
    expect(parts[0]).toMatch(/Content-Encoding: br\r\n/)
  })
})

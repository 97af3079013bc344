// Compressed answers as clients get them: files, applications, conditions, and streams that do not wait.

import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { ask, requestText } from '../cli/ask.ts'

const app = `import time
def app(environ, start_response):
    path = environ['PATH_INFO']
    kind = 'text/event-stream' if path == '/events' else 'text/html'
    start_response('200 OK', [('Content-Type', kind)])
    if path == '/whole':
        return [b'whole ' * 1000]
    return pieces()
def pieces():
    yield b'first '
    time.sleep(3)
    yield b'second'
`
const config = `log: { access: off }
compress: true
mounts:
  /: { files: public }
  /app: { wsgi: "slow:app", compress: { applications: true } }
  /plain: { application: app }
  /no: { files: public, compress: false }
applications: { app: { wsgi: "slow:app" } }
`
const small = 'a small file. '.repeat(500)
const large = 'a large file. '.repeat(50_000)
const files = {
  'slow.py': app,
  'public/small.txt': small,
  'public/large.txt': large,
  'public/tiny.txt': 'tiny',
}
const gzip = ['Accept-Encoding: gzip']
const brotli = ['Accept-Encoding: gzip, deflate, br']

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** The octets of a chunked body. */
function unchunked(body: string): Buffer {
  let octets = ''
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.slice(at, end), 16)
    if (length === 0) return bytes(octets)
    octets += body.slice(end + 2, end + 2 + length)
    at = end + 4 + length
  }
  throw new Error('no last chunk')
}

it('compresses files, and tells caches so', async () => {
  const server = await startPortico({ config, files })
  const whole = await ask(server.port, '/small.txt', { fields: brotli })
  expect(whole.fields.get('content-encoding')).toBe('br')
  expect(whole.fields.get('vary')).toBe('Accept-Encoding')
  expect(whole.fields.get('content-length')).toBe(String(whole.body.length))
  expect(brotliDecompressSync(bytes(whole.body)).toString()).toBe(small)
  const long = await ask(server.port, '/large.txt', { fields: gzip })
  expect(gunzipSync(unchunked(long.body)).toString()).toBe(large)
  const old = await rawExchange(server.port, 'GET /large.txt HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n')
  expect(gunzipSync(bytes(old.slice(old.indexOf('\r\n\r\n') + 4))).toString()).toBe(large)
  for (const [target, fields] of [
    ['/tiny.txt', gzip],
    ['/no/small.txt', gzip],
    ['/small.txt', []],
  ] as const)
    expect((await ask(server.port, target, { fields })).fields.has('content-encoding')).toBe(false)
})

it('answers HEAD and conditions as it would GET', async () => {
  const server = await startPortico({ config, files })
  const plain = (await ask(server.port, '/small.txt')).fields.get('etag') ?? ''
  const head = await ask(server.port, '/small.txt', { method: 'HEAD', fields: gzip })
  expect(head.fields.get('content-encoding')).toBe('gzip')
  expect(head.fields.get('etag')).toBe(`W/${plain}`)
  expect(head.fields.has('content-length')).toBe(false)
  for (const tag of [plain, `W/${plain}`]) {
    const again = await ask(server.port, '/small.txt', { fields: [...gzip, `If-None-Match: ${tag}`] })
    expect([again.status, again.fields.get('etag'), again.fields.get('vary')]).toEqual([
      304,
      tag,
      'Accept-Encoding',
    ])
  }
})

it('says of a 304 that it varies only where the 200 does', async () => {
  const server = await startPortico({ config, files: { ...files, 'public/a.png': small } })
  for (const [target, vary] of [
    ['/small.txt', 'Accept-Encoding'],
    ['/large.txt', 'Accept-Encoding'],
    ['/tiny.txt', undefined],
    ['/a.png', undefined],
  ] as const) {
    const whole = await ask(server.port, target, { fields: gzip })
    const tag = whole.fields.get('etag') ?? ''
    const again = await ask(server.port, target, { fields: [...gzip, `If-None-Match: ${tag}`] })
    expect([whole.fields.get('vary'), again.status, again.fields.get('vary')]).toEqual([vary, 304, vary])
  }
})

it('compresses applications where that is asked for, and never waits for the next piece', async () => {
  const server = await startPortico({ config, files })
  const whole = await ask(server.port, '/app/whole', { fields: gzip })
  expect(gunzipSync(bytes(whole.body)).toString()).toBe('whole '.repeat(1000))
  expect((await ask(server.port, '/plain/whole', { fields: gzip })).fields.has('content-encoding')).toBe(
    false,
  )
  const started = performance.now()
  // The first piece is there, with the end of a flushed block, long before the second.
  const early = await rawExchange(server.port, requestText('/app/slow', { fields: gzip }), {
    until: (received) => received.includes('\x00\x00\xff\xff'),
  })
  expect(performance.now() - started).toBeLessThan(2500)
  expect(early).toContain('Content-Encoding: gzip')
  const events = await rawExchange(server.port, requestText('/app/events', { fields: gzip }), {
    until: (received) => received.includes('first '),
  })
  expect(events).not.toContain('Content-Encoding')
  const all = await ask(server.port, '/app/slow', { fields: gzip })
  expect(gunzipSync(unchunked(all.body)).toString()).toBe('first second')
})

it('compresses what does not lie ready, and pages about errors where nothing is mounted', async () => {
  const server = await startPortico({
    config: [
      'log: { access: off }',
      'compress: true',
      'errors: { 404: 404.html }',
      'mounts: { /files: { files: public, precompressed: true } }',
    ].join('\n'),
    files: { ...files, '404.html': small, 'public/large.txt.br': 'ready' },
  })
  for (const accepted of ['gzip', 'gzip, identity;q=0']) {
    const { fields, body } = await ask(server.port, '/files/small.txt', {
      fields: [`Accept-Encoding: ${accepted}`],
    })
    expect(fields.get('vary')).toBe('Accept-Encoding')
    expect(gunzipSync(bytes(body)).toString()).toBe(small)
  }
  expect((await ask(server.port, '/files/large.txt', { fields: brotli })).body).toBe('ready')
  const refused = await ask(server.port, '/files/small.txt', { fields: ['Accept-Encoding: identity;q=0'] })
  expect([refused.status, refused.body]).toEqual([200, small])
  const nothing = await ask(server.port, '/nothing', { fields: gzip })
  expect([nothing.status, gunzipSync(bytes(nothing.body)).toString()]).toEqual([404, small])
})

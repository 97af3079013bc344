// Fields that the configuration sets and removes: in every answer of a mount or a site, made by whom it may be.

import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'

const application = [
  'def application(environ, start_response):',
  "    start_response('200 OK', [('X-Frame-Options', 'a'), ('Via-App', 'x'), ('Content-Length', '2')])",
  "    return [b'ok']",
].join('\n')

it('counts for applications, files, redirects and error pages alike, name by name', async () => {
  const server = await startPortico({
    files: { 'app.py': application, 'public/a.txt': 'text' },
    config: [
      'applications: { app: { wsgi: app:application, directory: ., processes: 1 } }',
      'headers: { X-Frame-Options: DENY, Via-App: null, Server: null, X-Site: "1" }',
      'mounts:',
      '  /app: app',
      '  /files: { files: public, headers: { x-site: "2", Server: Mine } }',
      '  /go: { redirect: /x, headers: off }',
      '  /closed: { redirect: /x, access: { deny: all } }',
      'sites: [{ hosts: [other.test], mounts: { /app: app } }]',
    ].join('\n'),
  })
  const fieldsOf = async (target: string, method = 'GET', host = 'a.test') => {
    const { status, fields } = await ask(server.port, target, { method, host })
    const names = ['x-frame-options', 'via-app', 'server', 'x-site']
    return [status, ...names.map((name) => fields.get(name))]
  }
  for (const method of ['GET', 'HEAD', 'POST'])
    expect(await fieldsOf('/app/', method)).toEqual([200, 'DENY', undefined, undefined, '1'])
  expect((await ask(server.port, '/app/')).body).toBe('ok')
  expect(await fieldsOf('/files/a.txt')).toEqual([200, 'DENY', undefined, 'Mine', '2'])
  expect(await fieldsOf('/files/b.txt')).toEqual([404, 'DENY', undefined, 'Mine', '2'])
  expect(await fieldsOf('/files/a.txt', 'POST')).toEqual([405, 'DENY', undefined, 'Mine', '2'])
  expect(await fieldsOf('/closed')).toEqual([403, 'DENY', undefined, undefined, '1'])
  expect(await fieldsOf('/nothing')).toEqual([404, 'DENY', undefined, undefined, '1'])
  expect(await fieldsOf('/go')).toEqual([
    302,
    undefined,
    undefined,
    expect.stringContaining('Portico'),
    undefined,
  ])
  const others = await fieldsOf('/app/', 'GET', 'other.test')
  expect(others).toEqual([200, 'a', 'x', expect.stringContaining('Portico'), undefined])
})

it('decides about compression first, and takes nothing away that caches must know', async () => {
  const server = await startPortico({
    files: {
      'closed.html': '<p>closed</p>',
      'public/a.txt': 'text. '.repeat(1000),
      'public/a.txt.gz': 'ready',
    },
    config: [
      'compress: true',
      'mounts:',
      '  /vary: { files: public, headers: { Vary: Origin } }',
      '  /ready: { files: public, precompressed: true, compress: false, headers: { Vary: null } }',
      '  /plain: { files: public, headers: { Cache-Control: no-transform } }',
      '  /type: { files: public, headers: { Content-Type: text/css } }',
      '  /long: { files: public, headers: { Cache-Control: "public, max-age=86400" } }',
      '  /shut: { redirect: /x, access: { deny: all }, headers: { Cache-Control: "public, max-age=9" } }',
      '  /shop: { redirect: /x, maintenance: closed.html, headers: { Cache-Control: "max-age=9" } }',
      'errors: { 403: closed.html }',
    ].join('\n'),
  })
  const get = async (target: string, fields = ['Accept-Encoding: gzip']) =>
    (await ask(server.port, target, { fields })).fields
  const vary = await get('/vary/a.txt')
  expect([vary.get('content-encoding'), vary.get('vary')]).toEqual(['gzip', 'Origin, Accept-Encoding'])
  const plain = await get('/plain/a.txt')
  expect([plain.get('content-encoding'), plain.get('cache-control')]).toEqual([undefined, 'no-transform'])
  expect((await get('/ready/a.txt')).get('vary')).toBe('Accept-Encoding')
  expect((await get('/type/a.txt')).get('content-type')).toBe('text/css')
  const parts = await get('/type/a.txt', ['Range: bytes=0-1,3000-3001'])
  expect(parts.get('content-type')).toMatch(/^multipart\/byteranges; boundary=/)
  expect((await get('/long/a.txt')).get('cache-control')).toBe('public, max-age=86400')
  for (const target of ['/long/none', '/shut', '/shop'])
    expect((await get(target)).get('cache-control')).toBe('no-store')
})

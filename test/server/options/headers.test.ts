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

// Pages by status: in place of Portico's own and of nobody else's, with the status and the fields of the answer.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { ask, eventually } from '../cli/ask.ts'

const application = [
  'def application(environ, start_response):',
  "    if environ['PATH_INFO'] == '/raise': raise ValueError('x')",
  "    start_response('404 Not Found', [('Content-Type', 'text/plain')])",
  "    return [b'of the application']",
].join('\n')

it('takes the place of the pages that Portico makes, and of no others', async () => {
  const server = await startPortico({
    files: {
      'app.py': application,
      'public/a.txt': 'a',
      'pages/404.html': '<p>nothing</p>',
      'pages/4xx.txt': 'four',
      'pages/5xx.html': 'five',
    },
    config: [
      'applications: { app: { wsgi: app:application, directory: ., processes: 1 } }',
      'errors: { 404: pages/404.html, 4xx: pages/4xx.txt, 5xx: pages/5xx.html }',
      'mounts:',
      '  /app: app',
      '  /files: { files: public }',
      '  /mine: { files: public, errors: { 404: pages/4xx.txt } }',
      '  /none: { files: public, errors: off }',
      '  /closed: { redirect: /x, access: { deny: all } }',
      '  /down: { redirect: /x, maintenance: true }',
    ].join('\n'),
  })
  const get = async (target: string, method = 'GET') => {
    const { status, body, fields } = await ask(server.port, target, { method })
    return [status, body, fields.get('content-type')]
  }
  const html = 'text/html; charset=utf-8'
  const plain = 'text/plain; charset=utf-8'
  expect(await get('/files/b')).toEqual([404, '<p>nothing</p>', html])
  expect(await get('/nothing')).toEqual([404, '<p>nothing</p>', html])
  expect(await get('/app/x')).toEqual([404, 'of the application', 'text/plain'])
  expect(await get('/app/raise')).toEqual([500, 'five', html])
  expect(await get('/mine/b')).toEqual([404, 'four', plain])
  expect(await get('/none/b')).toEqual([404, expect.stringContaining('Request id'), html])
  expect(await get('/closed')).toEqual([403, 'four', plain])
  expect(await get('/down')).toEqual([503, 'five', html])
  expect((await ask(server.port, '/down')).fields.get('retry-after')).toBe('300')
  const denied = await ask(server.port, '/files/a.txt', { method: 'POST' })
  expect([denied.status, denied.body, denied.fields.get('allow')]).toEqual([
    405,
    'four',
    'GET, HEAD, OPTIONS',
  ])
  const head = await ask(server.port, '/nothing', { method: 'HEAD' })
  expect([head.status, head.body, head.fields.get('content-length')]).toEqual([404, '', '14'])
  expect(head.fields.get('x-request-id')).not.toBe(undefined)

  writeFileSync(join(server.directory, 'pages/404.html'), 'changed')
  await eventually(async () => expect((await ask(server.port, '/nothing')).body).toBe('changed'))
  rmSync(join(server.directory, 'pages/404.html'))
  await eventually(async () => {
    expect((await ask(server.port, '/nothing')).body).toBe('changed')
    expect(server.stderr()).toMatch(/page\.unreadable .*404\.html.*ENOENT/)
  })
})

it('names the setting that a body is too large for', async () => {
  const server = await startPortico({
    files: { 'app.py': 'def application(environ, start_response):\n    raise ValueError\n' },
    config: [
      'applications:',
      '  app: { wsgi: app:application, directory: ., processes: 1 }',
      'limits: { body: 20B }',
      'mounts:',
      '  /: app',
      '  /own: { application: app, body: 10B }',
      'sites: [{ hosts: [other.test], body: 5B, mounts: { /: app } }]',
    ].join('\n'),
  })
  const page = async (target: string, host: string, framing: string, body: string) => {
    const fields = ['Connection: close', `Host: ${host}`, framing].join('\r\n')
    const text = await rawExchange(server.port, `POST ${target} HTTP/1.1\r\n${fields}\r\n\r\n${body}`)
    return /^HTTP\/1.1 413.*the setting is (.*?)\)/s.exec(text)?.[1] ?? text
  }
  const chunked = 'Transfer-Encoding: chunked'
  const chunk = `20\r\n${'x'.repeat(32)}\r\n0\r\n\r\n`
  expect(await page('/', 'a', 'Content-Length: 21', '')).toBe('<code>limits.body</code>: 20 octets')
  expect(await page('/', 'a', chunked, chunk)).toBe('<code>limits.body</code>: 20 octets')
  const ofMount = '<code>body</code> of the mount or its site: 10 octets'
  expect(await page('/own', 'a', 'Content-Length: 11', '')).toBe(ofMount)
  expect(await page('/own', 'a', chunked, chunk)).toBe(ofMount)
  expect(await page('/', 'other.test', 'Content-Length: 6', '')).toContain('of the mount or its site: 5 ')
  expect(server.stderr()).toMatch(/mount=\/own .*limit=10 setting=body length=11/)
})

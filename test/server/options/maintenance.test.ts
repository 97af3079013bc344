// Closed for maintenance: 503 with a page for everybody, but those who may pass.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { ask, eventually } from '../cli/ask.ts'
import { askBy } from '../proxies/place.ts'

it('closes a site, with a page and without, but not for who may pass', async () => {
  const server = await startPortico({
    files: { 'closed.html': '<p>closed</p>' },
    config: [
      'maintenance: true',
      'mounts:',
      '  /plain: { redirect: /x }',
      '  /page: { redirect: /x, maintenance: { page: closed.html, allow: 127.0.0.2, retry_after: 90s } }',
      '  /open: { redirect: /x, maintenance: off }',
      'sites: [{ hosts: [other.test], mounts: { /: { redirect: /x } } }]',
    ].join('\n'),
  })
  for (const target of ['/plain', '/', '/nothing', '/open/../plain']) {
    const { status, fields, body } = await ask(server.port, target)
    expect([status, fields.get('retry-after')]).toEqual([503, '300'])
    expect(body).toContain('closed for maintenance')
  }
  const get = await ask(server.port, '/page')
  expect([get.status, get.body, get.fields.get('retry-after')]).toEqual([503, '<p>closed</p>', '90'])
  expect(get.fields.get('content-type')).toBe('text/html; charset=utf-8')
  expect(get.fields.get('cache-control')).toBe('no-store')
  const head = await ask(server.port, '/page', { method: 'HEAD' })
  expect([head.status, head.body, head.fields.get('content-length')]).toEqual([503, '', '13'])
  expect((await ask(server.port, '/page', { method: 'POST', body: 'x' })).status).toBe(503)
  expect((await ask(server.port, '/open')).status).toBe(302)
  expect((await ask(server.port, '/', { host: 'other.test' })).status).toBe(302)
  const way = { port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' }
  expect((await askBy(way, '/page')).status).toBe(302)
  expect((await askBy(way, '/plain')).status).toBe(503)

  writeFileSync(join(server.directory, 'closed.html'), 'still closed')
  await eventually(async () => expect((await ask(server.port, '/page')).body).toBe('still closed'))
})

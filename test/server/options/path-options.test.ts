// Mounts of options alone: what answers above answers there in its place, and sees its own script name.

import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'

const application = `
def application(environ, start_response):
    environ['wsgi.input'].read()
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode()]
`

it('count for a path of an application and its files, which stay where they are', async () => {
  const { port } = await startPortico({
    files: {
      'app.py': application,
      'public/a.txt': 'root',
      'public/private/a.txt': 'private',
      'static/admin/a.txt': 'static',
    },
    config: [
      'applications: { app: { wsgi: app:application, directory: ., processes: 1 } }',
      'headers: { X-Site: s }',
      'mounts:',
      '  /: { files: public, rate: 100/s }',
      '  /private: { access: { deny: all } }',
      '  /shop: [ { files: static }, app, { body: 10B, headers: { X-Shop: s } } ]',
      '  /shop/admin: { headers: { X-Admin: a }, access: { allow: 127.0.0.1 } }',
      '  /shop/admin/secret: { access: { deny: all } }',
      '  /shop/upload: { body: 1KiB }',
      '  /shop/closed: { maintenance: true }',
      '  /shop/login: { rate: 2/h }',
    ].join('\n'),
  })
  const get = async (target: string, question = {}) => {
    const { status, body } = await ask(port, target, question)
    return status === 200 ? body : status
  }
  expect(await get('/a.txt')).toBe('root')
  expect(await get('/private/a.txt')).toBe(403)
  expect(await get('/private')).toBe(403)
  expect(await get('/privateer')).toBe(404)
  expect(await get('/shop/admin/x')).toBe('/shop|/admin/x')
  expect(await get('/shop/admin')).toBe('/shop|/admin')
  expect(await get('/shop/admin/a.txt')).toBe('static')
  expect(await get('/shop/admin/secret/a')).toBe(403)
  const { fields } = await ask(port, '/shop/admin/x')
  expect(['x-site', 'x-shop', 'x-admin'].map((name) => fields.get(name))).toEqual(['s', 's', 'a'])
  const body = 'x'.repeat(500)
  expect(await get('/shop/other', { method: 'POST', body })).toBe(413)
  expect(await get('/shop/admin', { method: 'POST', body })).toBe(413)
  expect(await get('/shop/upload', { method: 'POST', body })).toBe('/shop|/upload')
  expect(await get('/shop/closed/x')).toBe(503)
  expect([await get('/shop/login'), await get('/shop/login'), await get('/shop/login')]).toEqual([
    '/shop|/login',
    '/shop|/login',
    429,
  ])
  expect(await get('/shop/log')).toBe('/shop|/log')
})

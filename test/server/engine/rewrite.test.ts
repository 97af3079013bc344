// Rewritten paths: what files, applications and clients see of them.

import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'

const echo = `def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    names = ('SCRIPT_NAME', 'PATH_INFO', 'QUERY_STRING', 'REQUEST_URI')
    return ['|'.join(environ.get(name, '') for name in names).encode('latin-1')]
`
const config = `log: { access: off }
rewrite:
  "/old/*": "/app/$1"
  "/p/:id": "/app/page?id=:id"
  "/gone/*": { to: "/app/$1", status: 301 }
  "/away/*": "https://example.com/$1"
  "/up/:a/:b": "/.:a/.:b/secret.txt"
  "/dot/*": "/.$1"
mounts:
  /: { files: public, rewrite: { "/nice": "/page.html" } }
  /app: { wsgi: "echo:app" }
`
const files = {
  'echo.py': echo,
  'public/page.html': 'the page',
  'public/.secret': 'secret',
  'secret.txt': 'secret',
}

it('reaches files and applications, which see the new path and the raw target', async () => {
  const server = await startPortico({ config, files })
  const body = async (target: string) => (await ask(server.port, target)).body
  expect(await body('/nice?x')).toBe('the page')
  expect(await body('/old/a%20b/c?q=1')).toMatch(/\/app\|\/a b\/c\|q=1\|\/old\/a%20b\/c\?q=1/)
  expect(await body('/p/3%264?q=1')).toMatch(/\/app\|\/page\|id=3%264\|\/p\/3%264\?q=1/)
  expect(await body('/x/../old/a')).toContain('/app|/a||/x/../old/a')
})

it('redirects, and leads neither out of the root nor to dotfiles', async () => {
  const server = await startPortico({ config, files })
  const gone = await ask(server.port, '/gone/a%0d%0aX:y?q=1', { method: 'POST', body: 'x' })
  expect([gone.status, gone.fields.get('location')]).toEqual([301, '/app/a%0D%0AX:y?q=1'])
  const away = await ask(server.port, '/away//evil.test')
  expect([away.status, away.fields.get('location')]).toEqual([302, 'https://example.com/evil.test'])
  const statuses = await Promise.all(
    ['/dot/secret', '/up/./.', '/up/x/y', '/dot/./secret.txt'].map(async (target) => {
      const { status, body } = await ask(server.port, target)
      return [status, body.includes('secret\n') || body === 'secret']
    }),
  )
  for (const [status, leaked] of statuses) {
    expect([400, 403, 404]).toContain(status)
    expect(leaked).toBe(false)
  }
})

it('answers for a rule only those whom the mount of the path admits, with its fields', async () => {
  const server = await startPortico({
    files: { 'public/a.txt': 'a' },
    config: [
      'rewrite: { "/a/old": { to: /new, status: 301 }, "/e/:a": "/:a/../../x", "/nobody/*": "https://x.test/" }',
      'headers: { X-Site: "1" }',
      'rate: 4/h',
      'mounts:',
      '  /a: { files: public, access: { deny: all }, rate: off }',
      '  /b: { files: public, rewrite: { "/b/old": { to: /new, status: 302 } }, maintenance: true, rate: off }',
      '  /c: { files: public, rewrite: { "/c/old": { to: /new, status: 302 } }, rate: off }',
      '  /d: { files: public, rewrite: { "/d/old": { to: /new, status: 302 } }, rate: 2/h }',
      '  /e: { files: public, access: { deny: all }, rate: off }',
      'sites:',
      '  - hosts: [shut.test]',
      '    access: { deny: all }',
      '    rewrite: { "/go": "https://x.test/" }',
      '    mounts: { /a: { files: public } }',
      '  - hosts: [bare.test]',
      '    rewrite: { "/go": "https://x.test/" }',
      '    mounts: { /a: { files: public } }',
    ].join('\n'),
  })
  const get = async (target: string, host = 'a.test') => {
    const { status, fields } = await ask(server.port, target, { host })
    return [status, fields.get('x-site')]
  }
  expect(await get('/a/old')).toEqual([403, '1'])
  expect(await get('/b/old')).toEqual([503, '1'])
  expect(await get('/c/old')).toEqual([302, '1'])
  expect(await get('/e/a')).toEqual([403, '1'])
  const seen = []
  for (let i = 0; i < 3; i++) seen.push((await get('/d/old'))[0])
  for (let i = 0; i < 5; i++) seen.push((await get('/nobody/x'))[0])
  expect(seen).toEqual([302, 302, 429, 302, 302, 302, 302, 429])
  expect(await get('/go', 'shut.test')).toEqual([403, undefined])
  expect(await get('/go', 'bare.test')).toEqual([302, undefined])
})

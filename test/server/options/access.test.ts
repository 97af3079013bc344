// Who may come: by address and by password, for every method and handler, before anything of the body is read.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { ask, eventually, type Question } from '../cli/ask.ts'
import { askBy } from '../proxies/place.ts'

const users =
  'ann:$2y$04$gPOnGgfEpyYR29A.GSObeOg8pYilyISIs8h945gSZ7FiRRnVOJWI2\nbob:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n'
const application = [
  'from pathlib import Path',
  'def application(environ, start_response):',
  "    Path('asked').touch()",
  "    names = ('AUTH_TYPE', 'REMOTE_USER', 'HTTP_AUTHORIZATION')",
  "    start_response('200 OK', [('Content-Type', 'text/plain')])",
  "    return [' '.join(f'{name}={environ.get(name)}' for name in names).encode()]",
].join('\n')
const files = {
  htpasswd: users,
  'app.py': application,
  'public/secret.txt': 'secret',
  'public/a/secret.txt': 'secret',
}

const basic = (text: string): string => `Authorization: Basic ${Buffer.from(text).toString('base64')}`
const by = (credentials: string, more: Question = {}): Question => ({ ...more, fields: [basic(credentials)] })

async function status({ port }: RunningPortico, target: string, question: Question = {}): Promise<number> {
  return (await ask(port, target, question)).status
}

it('asks for a password with every method and handler, however the path is written', async () => {
  const server = await startPortico({
    files,
    config: [
      'applications: { app: { wsgi: app:application, directory: ., processes: 1 } }',
      'access: { users: { file: htpasswd, realm: \'The "inner" side\' } }',
      'mounts:',
      '  /files: { files: public }',
      '  /app: app',
      '  /go: { redirect: /x }',
      '  /open: { redirect: /x, access: off }',
      'sites: [{ hosts: [open.test], mounts: { /files: { files: public } } }]',
    ].join('\n'),
  })
  const targets = [
    '/files/secret.txt',
    '/files/',
    '/app/',
    '/go',
    '/nothing',
    '/open/../app',
    '//app',
    '/%61pp',
    '/',
  ]
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'POST', 'DELETE'])
    for (const target of targets)
      expect([target, await status(server, target, { method })]).toEqual([target, 401])
  const refused = await ask(server.port, '/app/')
  expect(refused.fields.get('www-authenticate')).toBe('Basic realm="The \\"inner\\" side", charset="UTF-8"')
  expect(refused.fields.get('cache-control')).toBe('no-store')
  const malformed = ['Basic', 'Basic YW5u', 'Basic !!!', 'Bearer YW5uOnNlY3JldA==', 'Basic /w==']
  for (const value of malformed)
    expect(await status(server, '/app/', { fields: [`Authorization: ${value}`] })).toBe(401)
  expect(await status(server, '/app/', { fields: [basic('ann:secret'), basic('ann:secret')] })).toBe(401)
  for (const wrong of ['ann:Secret', 'ann:', 'eve:secret', 'Ann:secret', ':secret'])
    expect(await status(server, '/app/', by(wrong))).toBe(401)
  // A body that is refused is not waited for.
  const expecting = { method: 'POST', fields: ['Expect: 100-continue', 'Content-Length: 5'] }
  expect(await status(server, '/app/', expecting)).toBe(401)
  expect(() => rmSync(join(server.directory, 'asked'))).toThrow('ENOENT')

  for (const credentials of ['ann:secret', 'ann:secret', 'bob:secret']) {
    const { body } = await ask(server.port, '/app/', by(credentials))
    expect(body).toBe(`AUTH_TYPE=Basic REMOTE_USER=${credentials.slice(0, 3)} HTTP_AUTHORIZATION=None`)
  }
  expect((await ask(server.port, '/files/secret.txt', by('ann:secret'))).body).toBe('secret')
  expect(await status(server, '/nothing', by('ann:secret'))).toBe(404)
  expect(await status(server, '/go', by('ann:secret', { method: 'POST', body: 'x' }))).toBe(302)
  expect(await status(server, '/open')).toBe(302)
  expect(await status(server, '/files/secret.txt', { host: 'open.test' })).toBe(200)
  await eventually(() => {
    expect(server.stdout()).toMatch(/^127\.0\.0\.1 - ann \[.*"GET \/files\/secret\.txt HTTP\/1\.1" 200 /m)
    expect(server.stdout()).toMatch(/^127\.0\.0\.1 - - \[.*"GET \/app\/ HTTP\/1\.1" 401 /m)
  })
  expect(server.stderr()).toMatch(/access\.password_wrong .*address=127\.0\.0\.1/)
  expect(server.stdout() + server.stderr()).not.toContain('Secret')
})

it('without access a client names itself to nobody', async () => {
  const server = await startPortico({
    files,
    config:
      'applications: { app: { wsgi: app:application, directory: ., processes: 1 } }\nmounts: { /: app }',
  })
  const { body } = await ask(server.port, '/', by('ann:secret'))
  expect(body).toBe('AUTH_TYPE=None REMOTE_USER=None HTTP_AUTHORIZATION=Basic YW5uOnNlY3JldA==')
  await eventually(() => expect(server.stdout()).toContain('127.0.0.1 - - ['))
})

it('files that pass a request on are no way around the access of what stands behind them', async () => {
  const server = await startPortico({
    files,
    config: [
      'applications: { app: { wsgi: app:application, directory: ., processes: 1 } }',
      'mounts:',
      '  /: { application: app, access: { users: htpasswd } }',
      '  /a: { files: public }',
    ].join('\n'),
  })
  expect(await status(server, '/a/secret.txt')).toBe(200)
  expect(await status(server, '/a/other')).toBe(401)
  expect(await status(server, '/a/other', by('ann:secret'))).toBe(200)
})

it('admits by the address of the client, whom a trusted proxy names', async () => {
  const server = await startPortico({
    config: [
      'trusted_proxies: 127.0.0.9',
      'access: { allow: [127.0.0.0/8, "2001:db8::/32"], deny: 127.0.0.3 }',
      'mounts:',
      '  /: { redirect: /x }',
      '  /none: { redirect: /x, access: { deny: all } }',
      '  /both: { redirect: /x, access: { allow: 127.0.0.2, users: htpasswd } }',
    ].join('\n'),
    files,
  })
  const from = async (localAddress: string, target: string, ...fields: string[]): Promise<number> => {
    const way = { port: server.port, host: '127.0.0.1', localAddress }
    return (await askBy(way, target, { fields })).status
  }
  expect(await from('127.0.0.2', '/')).toBe(302)
  expect(await from('127.0.0.3', '/')).toBe(403)
  expect(await from('127.0.0.2', '/none')).toBe(403)
  expect(await from('127.0.0.2', '/', 'X-Forwarded-For: 192.0.2.1')).toBe(302)
  expect(await from('127.0.0.9', '/', 'X-Forwarded-For: 192.0.2.1')).toBe(403)
  expect(await from('127.0.0.9', '/', 'X-Forwarded-For: 2001:db8::7')).toBe(302)
  expect(await from('127.0.0.9', '/', 'X-Forwarded-For: 127.0.0.3')).toBe(403)
  expect(await from('127.0.0.2', '/both')).toBe(401)
  expect(await from('127.0.0.2', '/both', basic('ann:secret'))).toBe(302)
  expect(await from('127.0.0.4', '/both', basic('ann:secret'))).toBe(403)
})

it('is said of a proxy that nobody has named, whose address would stand for all its clients', async () => {
  const server = await startPortico({
    files: { 'public/a.txt': 'a' },
    config: 'mounts: { /: { files: public, access: { allow: [127.0.0.1] } }, /open: { files: public } }\n',
  })
  const fields = ['X-Forwarded-For: 203.0.113.5']
  await ask(server.port, '/open/a.txt', { fields })
  expect(server.stderr()).not.toContain('proxy.untrusted')
  expect((await ask(server.port, '/a.txt', { fields })).status).toBe(200)
  await eventually(() => expect(server.stderr()).toContain('trusted_proxies: ["127.0.0.1"]'))
})

it('takes a changed file of users within a second, and admits nobody without it', async () => {
  const server = await startPortico({
    config: 'mounts: { /: { redirect: /x, access: { users: htpasswd } } }',
    files,
  })
  const path = join(server.directory, 'htpasswd')
  expect(await status(server, '/', by('ann:secret'))).toBe(302)
  writeFileSync(path, `${users.split('\n')[1]}\nold:s/PLvEFA68wcY\n`)
  await eventually(async () => expect(await status(server, '/', by('ann:secret'))).toBe(401))
  expect(await status(server, '/', by('bob:secret'))).toBe(302)
  expect(server.stderr()).toMatch(/access\.line_refused .*htpasswd:2.*"old" is hashed with DES/)
  rmSync(path)
  await eventually(async () => expect(await status(server, '/', by('bob:secret'))).toBe(503))
  expect(await status(server, '/')).toBe(401)
  expect(server.stderr()).toMatch(/access\.users_unreadable .*htpasswd.*ENOENT/)
})

it('guesses of one client stall neither the server nor the passwords of others', async () => {
  const server = await startPortico({
    config: 'mounts: { /: { redirect: /x, access: { users: htpasswd } }, /open: { redirect: /x } }',
    files: { htpasswd: users.replace('$2y$04$', '$2y$12$') + users.split('\n')[1]?.replace('bob', 'eve') },
  })
  const from = (localAddress: string) => ({ port: server.port, host: '127.0.0.1', localAddress })
  const guesses = Array.from({ length: 30 }, (_, i) => askBy(from('127.0.0.2'), '/', by(`ann:${i}`)))
  const open = await askBy(from('127.0.0.3'), '/open')
  expect(open.status).toBe(302)
  expect((await askBy(from('127.0.0.3'), '/', by('eve:secret'))).status).toBe(302)
  const statuses = (await Promise.all(guesses)).map((reply) => reply.status)
  expect(new Set(statuses)).toEqual(new Set([401, 503]))
  expect(statuses.filter((one) => one === 401).length).toBeLessThan(12)
})

it('keeps what not everybody may have out of shared caches', async () => {
  const server = await startPortico({
    files,
    config: [
      'mounts:',
      '  /: { files: public, cache: 1h }',
      '  /in: { files: public, cache: 1h, access: { allow: 127.0.0.1 } }',
      '  /ever: { files: public, cache: immutable, access: { allow: all } }',
      '  /none: { files: public, access: { allow: all } }',
    ].join('\n'),
  })
  const seen = []
  for (const mount of ['', '/in', '/ever', '/none'])
    seen.push((await ask(server.port, `${mount}/secret.txt`)).fields.get('cache-control'))
  expect(seen).toEqual([
    'max-age=3600',
    'private, max-age=3600',
    'private, max-age=31536000, immutable',
    undefined,
  ])
})

// What the server keeps for itself is no file of the site, wherever it lies; and files that pass nothing on.

import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'
import { portico, scratch } from '../cli/command.ts'

it('keeps the configuration, passwords, environments and logs for itself', async () => {
  const server = await startPortico({
    config: [
      'include: [more.yaml]',
      'log: { access: access.log, error: error.log }',
      'mounts:',
      '  /: { files: ., listing: true }',
      '  /any: { files: ., symlinks: any }',
      '  /closed: { files: ., access: { users: users } }',
    ].join('\n'),
    files: {
      'more.yaml':
        'applications: { app: { wsgi: app:app, environment_file: app.env } }\nmounts: { /app: app }\n',
      'app.py': 'def app(environ, start_response): start_response("200 OK", []); return [b""]\n',
      'app.env': 'SECRET=1\n',
      users: 'ann:$2y$05$abcdefghijklmnopqrstuuKc8cwUo0/HfBYEJoi0yGBIlp6IyDW1a\n',
      'a.txt': 'a',
    },
  })
  symlinkSync('portico.yaml', join(server.directory, 'link.txt'))
  const own = ['portico.yaml', 'more.yaml', 'users', 'app.env', 'access.log', 'error.log']
  for (const name of [...own, 'link.txt', './/portico.yaml', 'portico.yam%6C']) {
    for (const prefix of ['/', '/any/']) {
      expect([prefix + name, (await ask(server.port, prefix + name)).status]).toEqual([prefix + name, 404])
    }
  }
  expect((await ask(server.port, '/a.txt')).body).toBe('a')
  const { body } = await ask(server.port, '/')
  for (const name of own) expect(body).not.toContain(`"${name}"`)
  expect(body).toContain('a.txt')
})

it('sends no script as a file, by whatever mount or link', async () => {
  const source = '#!/bin/sh\necho "Content-Type: text/plain"\necho\necho ran\n'
  const server = await startPortico({
    config: [
      'mounts:',
      '  /run: { cgi: site/programs }',
      '  /one: [{ files: site/more }, { cgi: site/more/one.sh }]',
      '  /all: { files: site, symlinks: any, listing: true }',
      '  /: { files: site, scripts: [.cgi] }',
      'sites:',
      '  - { hosts: [other.example], mounts: { /: { files: . } } }',
    ].join('\n'),
    files: {
      'site/a.cgi': source,
      'site/programs/b.sh': source,
      'site/more/one.sh': source,
      'site/more/two.sh': source,
      'site/page.html': 'page',
    },
  })
  const { directory, port } = server
  symlinkSync('a.cgi', join(directory, 'site/a.txt'))
  symlinkSync('site', join(directory, 'release'))
  for (const target of ['/run/b.sh', '/one', '/one/x', '/a.cgi'])
    expect([target, (await ask(port, target)).body]).toEqual([
      target,
      expect.stringMatching(/^(4\r\n)?ran\n/),
    ])
  const ofAll = ['a.cgi', 'a.txt', 'programs/b.sh', 'more/one.sh'].map((name) => `/all/${name}`)
  for (const target of [...ofAll, '/a.txt', '/programs/b.sh', '/more/one.sh', '/one/one.sh'])
    expect([target, (await ask(port, target)).status]).toEqual([target, 404])
  for (const target of ['/site/a.cgi', '/release/a.cgi', '/release/a.txt', '/release/programs/b.sh'])
    expect((await ask(port, target, { host: 'other.example' })).status).toBe(404)
  for (const target of ['/page.html', '/all/page.html', '/more/two.sh', '/all/'])
    expect([target, (await ask(port, target)).status]).toEqual([target, 200])
})

it('is warned of where the code of an application lies among the files', async () => {
  const files = {
    'app.py': 'def app(environ, start_response): return []\n',
    'portico.yaml': 'mounts:\n  /: [{ files: . }, { wsgi: app:app }]\n',
  }
  const { code, stderr } = await portico(['check'], { directory: scratch(files) })
  expect(code).toBe(0)
  expect(stderr).toContain(
    'portico.yaml:2:3: warning: mounts./: the files of "/" hold the directory of the application',
  )
})

it('files without pass answer 404 themselves', async () => {
  const { port } = await startPortico({
    files: { 'public/index.html': 'home', 'assets/a.js': 'a' },
    config:
      'mounts: { /: { files: public, fallback: /index.html }, /assets: { files: assets, pass: false } }\n',
  })
  expect((await ask(port, '/assets/a.js')).body).toBe('a')
  expect((await ask(port, '/assets/old.js')).status).toBe(404)
  expect((await ask(port, '/other')).body).toBe('home')
})

// WSGI applications and CGI scripts in each other's place: one word, one command, no change to the code.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isMissing, libpython, systemPython } from '../../double/project.ts'
import { startPortico } from '../../double/server.ts'
import { ask } from './scripts.ts'

const application = [
  'import os',
  'def application(environ, start_response):',
  "    text = '%s %s %s' % (environ.get('HTTP_AUTHORIZATION'), environ['wsgi.run_once'], environ['PATH_INFO'])",
  "    start_response('200 OK', [('Content-Type', 'text/plain')])",
  '    return [text.encode()]',
].join('\n')

const promoted = [
  '#!/usr/bin/python3',
  'from wsgiref.handlers import CGIHandler',
  'def app(environ, start_response):',
  "    start_response('200 OK', [('Content-Type', 'text/plain')])",
  "    return [('%s %s' % (__name__, environ['wsgi.run_once'])).encode()]",
  "if __name__ == '__main__':",
  '    CGIHandler().run(app)',
].join('\n')

const fields = 'Authorization: Bearer x\r\n'

describe('a WSGI application', () => {
  it.each([
    ['daemon', 'False'],
    ['cgi', 'True'],
  ])('is the same with mode: %s, Authorization included', async (mode, once) => {
    const server = await startPortico({
      config: `applications: { a: { wsgi: "a:application", mode: ${mode} } }\nmounts: { /a: a }\n`,
      files: { 'a.py': application },
    })
    const { status, body } = await ask(server.port, '/a/b', { fields })
    expect([status, body]).toEqual([200, `Bearer x ${once} /b`])
  })

  it('that cannot be imported is a 500 with mode: cgi, and the log says why', async () => {
    const server = await startPortico({
      config: 'applications: { a: { wsgi: "a:application", mode: cgi } }\nmounts: { /a: a }\n',
      files: { 'a.py': 'import nowhere_to_be_found\n' },
    })
    expect((await ask(server.port, '/a')).status).toBe(500)
    const said = (): true | undefined => (server.stderr().includes('nowhere_to_be_found') ? true : undefined)
    await eventually('the log says why', said)
  })

  it('is the CGI program of a server by "portico cgi"', async () => {
    const portico = join(import.meta.dirname, '../../../bin/portico.js')
    const server = await startPortico({
      config: 'mounts: { /a: { cgi: a.sh, authorization: true } }\n',
      files: {
        'a.py': application,
        'a.sh': `#!/bin/sh\ncd "$(dirname "$0")"\nexec ${process.execPath} ${portico} cgi --python ${systemPython} --directory . a:application\n`,
      },
    })
    expect((await ask(server.port, '/a/b', { fields })).body).toBe('Bearer x True /b')
  })
})

describe('a script that runs a WSGI application by CGIHandler', () => {
  const files = { 'old.cgi': promoted }

  it('is a CGI script', async () => {
    const server = await startPortico({ config: 'mounts: { /old: { cgi: old.cgi } }\n', files })
    expect((await ask(server.port, '/old')).body).toBe('__main__ True')
  })

  it('is a daemon as it is', async () => {
    const server = await startPortico({ config: 'mounts: { /old: { wsgi: ./old.cgi } }\n', files })
    expect((await ask(server.port, '/old')).body).toMatch(/ False$/)
  })

  it.skipIf(isMissing(libpython))('is embedded as it is', async () => {
    const config = `mounts: { /old: { wsgi: ./old.cgi, mode: embedded, python: ${systemPython} } }\n`
    const server = await startPortico({ config, files })
    expect((await ask(server.port, '/old')).body).toMatch(/ False$/)
  })
})

// WSGI applications and CGI scripts in each other's place: one word, one command, no change to the code.

import { chownSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isMissing, libpython, systemPython } from '../../double/project.ts'
import { publicProgram } from '../../double/public-copy.ts'
import { startPortico } from '../../double/server.ts'
import { portico, scratch } from '../cli/command.ts'
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

describe.runIf(process.getuid?.() === 0)('"portico cgi", started by root', () => {
  const text = [
    'import os',
    'def application(environ, start_response):',
    "    start_response('200 OK', [('Content-Type', 'text/plain')])",
    "    said = (os.getuid(), os.getgid(), os.environ['HOME'], environ['QUERY_STRING'], environ['HTTP_X_IT'])",
    "    return [(' '.join(map(str, said)) + ' ' + environ['wsgi.input'].read().decode()).encode('latin-1')]",
  ].join('\n')
  const daemon = [1, 1] as const
  const run = (directory: string, ...flags: readonly string[]) =>
    portico(['cgi', '--python', systemPython, '--directory', directory, ...flags, 'a:application'], {
      program: publicProgram(),
      environment: { QUERY_STRING: "a=$b'c", HTTP_X_IT: 'ü "x"', GATEWAY_INTERFACE: 'CGI/1.1' },
    })
  const given = (): string => {
    const directory = scratch({ 'a.py': text })
    chownSync(directory, ...daemon)
    return directory
  }

  it('becomes whose the directory is, with the variables as they were', async () => {
    const { code, stdout, stderr } = await run(given())
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\r\n\r\n')[1]).toBe('1 1 /usr/sbin a=$b\'c ü "x" ')
  })

  it('stays root in a directory of root, and says so', async () => {
    const { stdout, stderr } = await run(scratch({ 'a.py': text }))
    expect(stdout).toContain('\r\n\r\n0 0 ')
    expect(stderr).toMatch(/^note {5}as root: a:application; .+ name a user with --user\n$/)
  })

  it.each([
    ['root', '0 0 '],
    ['games', '5 60 '],
  ])('becomes %s where --user says so', async (user, ids) => {
    const { stdout, stderr } = await run(given(), '--user', user)
    expect([stdout.split('\r\n\r\n')[1]?.startsWith(ids), stderr]).toEqual([true, ''])
  })

  it('refuses a user that there is not', async () => {
    const { code, stderr } = await run(given(), '--user', 'nobody-at-all')
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^There is no user "nobody-at-all"\n/)])
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

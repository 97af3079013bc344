// The error log: what an application says, with the request it said it in, and nothing that anybody could forge.

import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { ask, eventually } from './ask.ts'

const talker = `import logging, sys

logging.basicConfig(level=logging.INFO, format='%(levelname)s %(message)s')
print('imported')

def application(environ, start_response):
    print('printed')
    logging.info('logged')
    environ['wsgi.errors'].write('told to wsgi.errors\\n')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'said it']
`

const forger = `import sys
from urllib.parse import unquote_to_bytes

def application(environ, start_response):
    words = unquote_to_bytes(environ['QUERY_STRING'])
    sys.stdout.buffer.write(words + b'\\n')
    sys.stdout.buffer.flush()
    environ['wsgi.errors'].write(words.decode('latin-1') + '\\n')
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'']
`

function config(module: string, log = ''): string {
  return `log: { ${log} }
applications: { talk: { wsgi: "${module}:application", processes: 1 } }
mounts: { /: talk, /files: { files: files } }
`
}

/** The id of the only request that the access log on stdout tells of. */
function onlyId(stdout: string): string {
  const ids = [...stdout.matchAll(/ (\S+) \d+\.\d\n/g)].map((match) => match[1] ?? '')
  expect(ids).toHaveLength(1)
  return ids[0] ?? ''
}

it('has what an application prints and logs, with the id of the request', async () => {
  const server = await startPortico({ config: config('talk'), files: { 'talk.py': talker, 'files/a': '' } })
  await ask(server.port, '/')
  const id = await eventually(() => onlyId(server.stdout()))
  await eventually(() => {
    const said = server.stderr()
    expect(said).toMatch(
      / info application\.output application=talk worker=1 pid=\d+ stream=stdout \| imported\n/,
    )
    expect(said).toMatch(
      new RegExp(` info application\\.output .* request=${id} stream=stdout \\| printed\n`),
    )
    expect(said).toMatch(
      new RegExp(` warn application\\.output .* request=${id} stream=stderr \\| INFO logged\n`),
    )
    expect(said).toMatch(
      new RegExp(` warn application\\.errors application=talk request=${id} \\| told to wsgi\\.err`),
    )
  })
})

it('goes to a file, and only what a person at the terminal needs stays on stderr', async () => {
  const server = await startPortico({
    config: config('talk', 'error: error.log, level: info'),
    files: { 'talk.py': talker, 'files/a': '' },
  })
  await ask(server.port, '/')
  const path = join(server.directory, 'error.log')
  await eventually(() => expect(readFileSync(path, 'utf8')).toContain('| told to wsgi.errors\n'))
  expect(readFileSync(path, 'utf8')).toContain(' info worker.ready ')
  expect(server.stderr()).not.toMatch(/^\d{4}-/m)
  expect(server.stderr()).toMatch(/^ready {4}http:/m)
  await server.stop()
  expect(readFileSync(path, 'utf8')).toMatch(/ info server\.stopped\n$/)
})

it('opens both logs anew on SIGUSR1, and writes nothing more to the renamed ones', async () => {
  const server = await startPortico({
    config: config('talk', 'access: access.log, error: error.log'),
    files: { 'talk.py': talker, 'files/a': 'a' },
  })
  const paths = ['access.log', 'error.log'].map((name) => join(server.directory, name))
  await ask(server.port, '/?first')
  await eventually(() => {
    expect(readFileSync(paths[0] ?? '', 'utf8')).toContain('GET /?first ')
    expect(readFileSync(paths[1] ?? '', 'utf8')).toContain('told to wsgi.errors')
  })
  for (const path of paths) renameSync(path, `${path}.1`)
  const olds = paths.map((path) => readFileSync(`${path}.1`, 'utf8'))
  server.kill('SIGUSR1')
  await eventually(() => expect(paths.filter((path) => existsSync(path))).toEqual(paths))
  // The supervisor has the error log open too: both it and the HTTP process must have changed over.
  await ask(server.port, '/?second')
  await eventually(() => {
    expect(readFileSync(paths[0] ?? '', 'utf8')).toContain('GET /?second ')
    expect(readFileSync(paths[1] ?? '', 'utf8')).toContain('| printed\n')
    expect(readFileSync(paths[1] ?? '', 'utf8')).toContain('told to wsgi.errors')
  })
  expect(paths.map((path) => readFileSync(`${path}.1`, 'utf8'))).toEqual(olds)
})

const forged = '2026-01-01T00:00:00.000Z error worker.exited application=bank'
/** Every octet that begins a line or steers a terminal, followed by something that looks like an event. */
const hostile = [
  '\r\n',
  '\n',
  '\r',
  '\x0b',
  '\x0c',
  '\x1b[2K\x1b[1G',
  '\x9b2K',
  '\x85',
  '\xe2\x80\xa8',
  '\x01id\x02',
]

describe('what a client or an application writes', () => {
  it.each(['combined', 'common', 'json'])(
    'cannot begin a line of the access log in format %s',
    async (format) => {
      const server = await startPortico({
        config: config('talk', `format: ${format}`),
        files: { 'talk.py': talker, 'files/a': 'a' },
      })
      for (const octets of hostile) {
        const words = `x${octets}${forged}`
        // Each is answered, with 400 where the octet may not stand; none of them is a line of its own.
        for (const line of [`GET /files/a?${words} HTTP/1.1`, `GET /${encodeURIComponent(words)} HTTP/1.1`])
          await rawExchange(server.port, `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`)
        for (const name of ['User-Agent', 'Referer', 'Host'])
          await rawExchange(
            server.port,
            `GET /files/a HTTP/1.1\r\nHost: a\r\n${name}: ${words}\r\nConnection: close\r\n\r\n`,
          )
      }
      await server.stop()
      const lines = server.stdout().split('\n').slice(0, -1)
      expect(lines).toHaveLength(hostile.length * 5)
      const start = format === 'json' ? /^\{"time":"/ : /^127\.0\.0\.1 - - \[/
      for (const line of lines) expect(line).toMatch(start)
      expect(server.stdout()).not.toMatch(/[^\n\x20-\x7e]/)
      expectNoForgery(server.stderr())
    },
  )

  it('cannot begin an event of the error log nor steer the terminal', async () => {
    const server = await startPortico({
      config: config('forge', 'level: debug'),
      files: { 'forge.py': forger, 'files/a': '' },
    })
    for (const octets of hostile) {
      const words = [...`x${octets}${forged}`].map(
        (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`,
      )
      const reply = await ask(server.port, `/?${words.join('')}`)
      expect(reply.status).toBe(200)
    }
    await server.stop()
    const said = server.stderr()
    expect(said.split('bank').length - 1).toBeGreaterThanOrEqual(hostile.length * 2)
    expectNoForgery(said)
  })
})

/** The forged event may stand within an event or on an indented line of one, never where an event begins. */
function expectNoForgery(said: string): void {
  expect(said).not.toMatch(/^2026-01-01T00:00:00/m)
  expect(said).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]/)
  expect(said).not.toContain('request=id ')
}

it('has no error for a method that nobody has', async () => {
  const server = await startPortico({ config: 'log: { level: debug }\nmounts: { /: { redirect: /x } }' })
  expect((await ask(server.port, '/', { method: 'TRACE' })).status).toBe(501)
  await eventually(() => expect(server.stderr()).toMatch(/debug .*request\.failed.*status=501/))
  expect(server.stderr()).not.toMatch(/error .*request\.failed/)
})

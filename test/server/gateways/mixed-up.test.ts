// Mounts of one wire that lead to a socket of another: the log asks whether it speaks that wire.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { ask } from '../cgi/scripts.ts'
import { logged, ownPlace } from './place.ts'

const apps = join(import.meta.dirname, '../../app/responders')

it('says so of FastCGI to a server that speaks HTTP', async () => {
  const place = ownPlace()
  const http = createServer((_, response) => response.end('hello'))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  place.whenEnding(() => new Promise((resolve) => http.close(resolve)))
  const { port } = http.address() as AddressInfo
  const server = await place.portico(`mounts:\n  /: { fastcgi: "127.0.0.1:${port}" }\n`)
  expect((await ask(server.port, '/')).status).toBe(502)
  await logged(server, 'request.failed', 'doubt="does it speak FastCGI?')
})

it.skipIf(isMissing('uwsgi', 'uwsgi-plugin-python3'))(
  'says so of each wire to other sockets of uWSGI',
  async () => {
    const place = ownPlace()
    const path = (name: string): string => join(place.directory, name)
    const command = ['uwsgi', '--plugin', 'python3', '--master', '--die-on-term', '--need-app']
    command.push('--chdir', apps, '--wsgi-file', 'echo_wsgi.py')
    command.push('--socket', path('u'), '--http-socket', path('h'))
    await place.start(command, {
      listens: [path('u'), path('h')],
      environment: { PYTHONDONTWRITEBYTECODE: '1' },
    })
    const server = await place.portico(
      `mounts:\n  /u: { uwsgi: "unix:${path('h')}" }\n  /s: { scgi: "unix:${path('h')}" }\n  /f: { fastcgi: "unix:${path('u')}" }\n`,
    )
    for (const [mount, name] of [
      ['/u', 'uwsgi'],
      ['/s', 'SCGI'],
      ['/f', 'FastCGI'],
    ] as const) {
      expect((await ask(server.port, `${mount}/p`)).status).toBe(502)
      await logged(server, 'request.failed', `mount=${mount} `, `doubt="does it speak ${name}?`)
    }
  },
)

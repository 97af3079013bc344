// uWSGI over each of the wires that it speaks (rows UWS-01 to UWS-03, SCG-01 to SCG-03, FCC-10).

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../double/free-port.ts'
import { isMissing } from '../../double/project.ts'
import { ask } from '../cgi/scripts.ts'
import { echoes, manyFields, wideLimits } from './echo.ts'
import { logged, type Place, sharedPlace } from './place.ts'

const directory = join(import.meta.dirname, '../../app/responders')

const wires = [
  { wire: 'uwsgi', option: '--socket' },
  { wire: 'scgi', option: '--scgi-socket' },
  { wire: 'fastcgi', option: '--fastcgi-socket' },
] as const

/** One uWSGI that listens everywhere: mounts /uwsgi-unix, /uwsgi-tcp, /scgi-unix, ... */
async function uwsgiSite(place: Place) {
  const command = ['uwsgi', '--plugin', 'python3', '--master', '--die-on-term', '--processes', '2']
  command.push('--threads', '4', '--listen', '64', '--buffer-size', '65535', '--need-app')
  command.push('--chdir', directory, '--wsgi-file', 'echo_wsgi.py')
  const listens: (string | number)[] = []
  let mounts = ''
  for (const { wire, option } of wires) {
    const path = join(place.directory, wire)
    const port = await freePort()
    listens.push(path, port)
    command.push(option, path, option, `127.0.0.1:${port}`)
    mounts += `  /${wire}-unix: { ${wire}: "unix:${path}" }\n  /${wire}-tcp: { ${wire}: "127.0.0.1:${port}" }\n`
  }
  const environment = { PYTHONDONTWRITEBYTECODE: '1' }
  const uwsgi = await place.start(command, { listens, environment })
  const server = await place.portico(`${wideLimits}mounts:\n${mounts}`)
  return { uwsgi, server }
}

describe.skipIf(isMissing('uwsgi', 'uwsgi-plugin-python3'))('uWSGI', () => {
  const site = sharedPlace(uwsgiSite)
  const server = () => site().server

  for (const { wire } of wires) {
    for (const place of ['unix', 'tcp']) {
      describe(`over ${wire}, ${place}`, () => echoes(server, `/${wire}-${place}`))
    }
  }

  it('gets no more variables over uwsgi than its packets carry: 431, and the log says why', async () => {
    for (const prefix of ['/uwsgi-unix', '/uwsgi-tcp']) {
      const said = await ask(server().port, `${prefix}/p`, { fields: manyFields(40) })
      expect(said.status).toBe(431)
      await logged(server(), 'request.failed', 'status=431', '65535')
      expect((await ask(server().port, `${prefix}/p`, { fields: manyFields(15) })).status).toBe(200)
    }
  })

  it('is 502 when a process of it dies in a request, and well again behind that', async () => {
    for (const { wire } of wires) {
      const prefix = `/${wire}-unix/p`
      const died = await ask(server().port, `${prefix}?abort`, { method: 'POST', body: 'a' })
      expect([wire, died.status]).toEqual([wire, 502])
      const next = await ask(server().port, prefix, { method: 'POST', body: 'abc' })
      expect([wire, next.status, next.body]).toEqual([wire, 200, 'abc'])
    }
    await logged(server(), 'request.failed', 'status=502')
  })
})

// FastCGI responders as people have them: libfcgi, FCGI of Perl, Net::Async::FastCGI, fcgiwrap, PHP without php-fpm
// (rows FCC-04, FCC-06, FCC-13, FCC-16, FCC-18).

import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../double/free-port.ts'
import { load } from '../../double/load.ts'
import { isMissing } from '../../double/project.ts'
import { ask } from '../cgi/scripts.ts'
import { carriesManyVariables, echoes, wideLimits } from './echo.ts'
import { phpScripts } from './php-fpm.ts'
import { logged, ownPlace, type Place, sharedPlace } from './place.ts'

const sources = join(import.meta.dirname, '../../app/responders')

interface Responder {
  readonly name: string
  readonly packages: readonly string[]
  /** Starts it, and returns the address. */
  readonly start: (place: Place) => Promise<string>
  /** Of the mount, beside its address. */
  readonly mount?: (place: Place) => string
  readonly prefix?: string
  /** It tells the server the status that a program ends with. */
  readonly tellsStatus?: boolean
}

const socketOf = (place: Place): string => join(place.directory, 's')

async function startAt(place: Place, command: readonly string[]): Promise<string> {
  await place.start(command, { listens: [socketOf(place)] })
  return `unix:${socketOf(place)}`
}

const responders: readonly Responder[] = [
  {
    name: 'libfcgi, three processes kept by multiwatch',
    packages: ['gcc', 'libfcgi-dev', 'spawn-fcgi', 'multiwatch'],
    start: (place) => {
      const program = join(place.directory, 'echo')
      execFileSync('gcc', ['-O1', '-o', program, join(sources, 'echo.c'), '-lfcgi'])
      const command = ['spawn-fcgi', '-n', '-s', socketOf(place), '--']
      return startAt(place, [...command, '/usr/bin/multiwatch', '-f', '3', '--', program])
    },
    tellsStatus: true,
  },
  {
    name: 'FCGI of Perl, three processes',
    packages: ['libfcgi-perl'],
    start: (place) => startAt(place, ['perl', join(sources, 'echo-fcgi.pl'), socketOf(place), '3']),
  },
  {
    name: 'Net::Async::FastCGI',
    packages: ['libnet-async-fastcgi-perl'],
    start: (place) => startAt(place, ['perl', join(sources, 'echo-async.pl'), socketOf(place)]),
    tellsStatus: true,
  },
  {
    name: 'fcgiwrap',
    packages: ['fcgiwrap', 'libcgi-pm-perl'],
    start: (place) => {
      cpSync(join(sources, 'echo.cgi'), join(place.directory, 'echo.cgi'))
      return startAt(place, ['fcgiwrap', '-f', '-c', '3', '-s', `unix:${socketOf(place)}`])
    },
    mount: (place) => `, root: ${place.directory}, scripts: [.cgi]`,
    prefix: '/echo.cgi',
  },
]

describe.each(responders)('a responder: $name', ({ packages, start, mount, prefix = '', tellsStatus }) => {
  describe.skipIf(isMissing(...packages))('at an address', () => {
    const site = sharedPlace(async (place) => {
      const address = await start(place)
      const more = mount?.(place) ?? ''
      return place.portico(
        `${wideLimits}mounts:\n  /: { fastcgi: { address: "${address}", connections: 3 }${more} }\n`,
      )
    })
    echoes(site, prefix)
    carriesManyVariables(site, prefix)

    it('writes errors to the log, with the id of the request', async () => {
      expect((await ask(site().port, `${prefix}/p?errors`)).status).toBe(200)
      await logged(site(), 'application.errors', 'a word of errors', /request=\S+/)
    })

    if (tellsStatus !== true) return
    it('may end with a status, and its answer counts', async () => {
      const said = await ask(site().port, `${prefix}/p?status`, { method: 'POST', body: 'abc' })
      expect([said.status, said.body, said.complete]).toEqual([200, 'abc', true])
      await logged(site(), 'application status 7')
    })
  })
})

describe.skipIf(isMissing('gcc', 'libfcgi-dev', 'spawn-fcgi', 'multiwatch'))(
  'a responder that crashes',
  () => {
    const [libfcgi] = responders
    const site = sharedPlace(async (place) => {
      const address = (await libfcgi?.start(place)) ?? ''
      return place.portico(`mounts:\n  /: { fastcgi: { address: "${address}", connections: 3 } }\n`)
    })

    it('is 502 with a reason in the log, and the next is served by the process in its place', async () => {
      for (let i = 0; i < 6; i++) {
        expect((await ask(site().port, '/p?abort', { method: 'POST', body: 'a' })).status).toBe(502)
        expect((await ask(site().port, '/p', { method: 'POST', body: 'abc' })).body).toBe('abc')
      }
      await logged(site(), 'request.failed', 'status=502', 'connection')
    })
  },
)

describe.skipIf(isMissing('php-cgi'))('php-cgi -b', () => {
  it.each([false, true])(
    'runs scripts, and loses none when its processes are replaced (TCP: %s)',
    async (tcp) => {
      const place = ownPlace()
      const listen = tcp ? await freePort() : socketOf(place)
      const root = phpScripts(place)
      const command = ['php-cgi', '-n', '-b', tcp ? `127.0.0.1:${listen}` : String(listen)]
      const environment = { PHP_FCGI_CHILDREN: '3', PHP_FCGI_MAX_REQUESTS: '20' }
      await place.start(command, { listens: [listen], environment })
      const address = tcp ? `127.0.0.1:${listen}` : `unix:${listen}`
      const server = await place.portico(`mounts:\n  /: { fastcgi: "${address}", root: ${root} }\n`)
      const requests = 400
      const answers = await load({
        url: server.url,
        requests,
        connections: 8,
        path: (n) => `/work.php/info?n=${n}`,
        body: (n) => (n % 3 === 0 ? `number ${n}` : undefined),
      })
      expect(answers.filter(({ status }) => status !== 200)).toEqual([])
      expect(new Set(answers.map(({ body }) => body.split(' ')[0])).size).toBeGreaterThanOrEqual(20)
      expect((await ask(server.port, '/exit.php')).body).toBe('begun')
    },
  )
})

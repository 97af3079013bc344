// Several addresses of one application, and addresses that are names (rows FCC-17, FCC-18).

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { freePort } from '../../double/free-port.ts'
import { load } from '../../double/load.ts'
import { systemPython } from '../../double/project.ts'
import { ask } from '../cgi/scripts.ts'
import { logged, ownPlace, type Place } from './place.ts'
import type { RunningProgram } from './program.ts'

const scgi = join(import.meta.dirname, '../../app/responders/scgi_server.py')

async function startScgi(place: Place, port: number): Promise<RunningProgram> {
  return place.start([systemPython, scgi, String(port)], { listens: [port] })
}

describe('an application at two addresses', () => {
  it('is asked at the other one when one is killed, and at both when it is back', async () => {
    const place = ownPlace()
    const ports = [await freePort(), await freePort()] as const
    const [one] = [await startScgi(place, ports[0]), await startScgi(place, ports[1])]
    const at = ports.map((port) => `"127.0.0.1:${port}"`).join(', ')
    const server = await place.portico(
      `log: { access: "off" }\nmounts:\n  /: { scgi: { address: [${at}], connections: 4 } }\n`,
    )
    const requests = 900
    let killed: Promise<void> | undefined
    const answers = await load({
      url: server.url,
      requests,
      connections: 8,
      path: (n) => `/p?n=${n}`,
      body: (n) => (n % 3 === 0 ? `number ${n}` : undefined),
      answered: (count) => {
        if (count !== 300) return
        one.kill('SIGKILL')
        killed = one.stop()
      },
    })
    await killed
    const lost = answers.filter(({ status }) => status !== 200)
    expect(lost.every(({ status }) => status === 502)).toBe(true)
    // What it had begun: as many as there were connections to it.
    expect(lost.length).toBeLessThanOrEqual(4)
    await logged(server, 'external.unreachable', `127.0.0.1:${ports[0]}`)
    await startScgi(place, ports[0])
    await eventually('it is asked again', async () => {
      await load({ url: server.url, requests: 20, connections: 8, path: () => '/p' })
      return server.stderr().includes('external.reachable') ? true : undefined
    })
  })

  it('is 503 when nobody listens at either', async () => {
    const place = ownPlace()
    const at = [await freePort(), await freePort()].map((port) => `"127.0.0.1:${port}"`).join(', ')
    const server = await place.portico(`mounts:\n  /: { uwsgi: { address: [${at}], connect_time: 200ms } }\n`)
    expect((await ask(server.port, '/')).status).toBe(503)
    await logged(server, 'request.failed', 'status=503', 'ECONNREFUSED')
  })
})

describe('an address that is a name', () => {
  it('is looked up', async () => {
    const place = ownPlace()
    const port = await freePort()
    await startScgi(place, port)
    const server = await place.portico(`mounts:\n  /: { scgi: "localhost:${port}" }\n`)
    for (let i = 0; i < 3; i++)
      expect((await ask(server.port, '/p', { method: 'POST', body: 'abc' })).body).toBe('abc')
  })

  it('is 503 when nobody knows it, and the log says so', async () => {
    const place = ownPlace()
    const server = await place.portico(
      'mounts:\n  /: { scgi: { address: "nowhere.invalid:4000", connect_time: 300ms } }\n',
    )
    expect((await ask(server.port, '/p')).status).toBe(503)
    await logged(server, 'external.unreachable', 'nowhere.invalid:4000')
  })
})

// A small SCGI server, and what one may do wrong (rows SCG-01 to SCG-04).

import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../double/free-port.ts'
import { systemPython } from '../../double/project.ts'
import { ask, valuesOf } from '../cgi/scripts.ts'
import { carriesManyVariables, echoes, wideLimits } from './echo.ts'
import { logged, type Place, sharedPlace } from './place.ts'

const program = join(import.meta.dirname, '../../app/responders/scgi_server.py')

describe('an SCGI server', () => {
  const site = sharedPlace(async (place) => {
    const path = join(place.directory, 's')
    const port = await freePort()
    await place.start([systemPython, program, path], { listens: [path] })
    await place.start([systemPython, program, String(port)], { listens: [port] })
    return place.portico(
      `${wideLimits}mounts:\n  /unix: { scgi: "unix:${path}" }\n  /tcp: { scgi: "127.0.0.1:${port}" }\n`,
    )
  })
  for (const prefix of ['/unix', '/tcp']) {
    describe(`at ${prefix}`, () => {
      echoes(site, prefix)
      carriesManyVariables(site, prefix)
    })
  }
})

/** An SCGI server that answers every request with what stands in its query. */
async function faultySite(place: Place) {
  const sockets = new Set<Socket>()
  const peer = createServer((socket) => {
    sockets.add(socket)
    let request = ''
    socket.on('error', () => {})
    socket.setEncoding('latin1').on('data', (text: string) => {
      request += text
      const query = /\0QUERY_STRING\0([^\0]*)\0.*,/s.exec(request)?.[1]
      if (query === undefined) return
      if (!request.includes('\0REQUEST_METHOD\0POST\0')) socket.end(decodeURIComponent(query), 'latin1')
      // It dies, with a part of its input unread.
      else socket.pause().write(decodeURIComponent(query), 'latin1', () => socket.destroy())
    })
  })
  const path = join(place.directory, 's')
  await new Promise<void>((resolve) => peer.listen(path, resolve))
  place.whenEnding(async () => {
    peer.close()
    for (const socket of sockets) socket.destroy()
  })
  return place.portico(`mounts:\n  /: { scgi: "unix:${path}" }\n`)
}

describe('an answer over SCGI', () => {
  const site = sharedPlace(faultySite)
  const say = (octets: string, method = 'GET') =>
    ask(site().port, `/?${encodeURIComponent(octets)}`, { method })
  const counted = (length: number, body: string) =>
    `Content-Type: a/b\r\nContent-Length: ${length}\r\n\r\n${body}`

  it('ends with its connection, or with its length', async () => {
    expect(await say('Status: 201 Fine\n\nbody')).toMatchObject({ status: 201, body: 'body', complete: true })
    expect(await say(counted(4, 'body'))).toMatchObject({ status: 200, body: 'body', complete: true })
    expect(await say('HTTP/1.0 203 Fine\r\nX-A: b\r\n\r\nbody')).toMatchObject({ status: 203, body: 'body' })
  })

  it('is no longer than it says, and cut short when it is shorter', async () => {
    expect(await say(counted(3, 'longer'))).toMatchObject({ body: 'lon', complete: true })
    expect(await say(counted(0, 'longer'))).toMatchObject({ body: '', complete: true })
    expect(await say(counted(30, 'short'))).toMatchObject({ status: 200, body: 'short', complete: false })
    await logged(site(), 'request.failed', 'before the application said')
  })

  it('is cut short when its application dies over a large input', async () => {
    const target = `/?${encodeURIComponent('Content-Type: a/b\r\n\r\npart')}`
    const said = await ask(site().port, target, { method: 'POST', body: Buffer.alloc(3_000_000) })
    expect([said.status, said.complete]).toEqual([200, false])
    await logged(site(), 'request.failed', 'E_CONNECTION_LOST')
  })

  it('has no body for HEAD', async () => {
    const said = await say(counted(6, 'longer'), 'HEAD')
    expect([said.status, said.body, valuesOf(said, 'content-length')]).toEqual([200, '', ['6']])
  })

  it.each(['', 'no head', 'X-A: b\r\n', 'Status: fine\r\n\r\n', 'X\x01: b\r\n\r\n', '\r\n\r\nbody'])(
    'is 502 when it is %j',
    async (octets) => {
      expect((await say(octets)).status).toBe(502)
    },
  )
})

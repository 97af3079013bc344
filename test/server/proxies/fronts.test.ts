// The proxies that docs/configuration.md shows, for real, with the lines it shows: what applications learn through them,
// that their clients cannot lie, and that they keep their connections to us.

import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { type FrontKind, fronts, readableDirectory, relay, startFront } from './front.ts'
import { configuration, type Place } from './place.ts'

const lies = {
  Forwarded: 'for=6.6.6.6;proto=https;host=evil.test',
  'X-Forwarded-For': '6.6.6.6',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'evil.test',
  'X-Forwarded-Port': '666',
  'X-Real-IP': '6.6.6.6',
}

/** Asks from 127.0.0.3 on one connection. */
function client(port: number): (headers: Readonly<Record<string, string>>) => Promise<Place> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const options = { agent, port, host: '127.0.0.1', localAddress: '127.0.0.3', path: '/a%20b?q=1' }
  return (headers) => {
    const answer = new Promise<Place>((resolve, reject) => {
      const asked = request(
        { ...options, headers: { ...headers, Host: `localhost:${port}` } },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (piece: string) => {
            text += piece
          })
          response.on('end', () => {
            if (response.statusCode === 200) resolve(JSON.parse(text))
            else reject(new Error(`status ${response.statusCode}: ${text}`))
          })
        },
      )
      asked.on('error', reject).end()
    })
    return within(15_000, answer, 'an answer through the proxy')
  }
}

async function checkFront(
  kind: FrontKind,
  upstream: number | string,
  connections: () => number,
): Promise<void> {
  const port = await startFront(kind, upstream)
  const ask = client(port)
  for (const headers of [{}, lies, {}, {}, {}, {}, lies, {}]) {
    const place = await ask(headers)
    expect(place).toMatchObject({
      REMOTE_ADDR: '127.0.0.3',
      'wsgi.url_scheme': 'http',
      HTTP_HOST: `localhost:${port}`,
      SERVER_PORT: String(port),
      url: `http://localhost:${port}/a%20b?q=1`,
    })
    expect(place).not.toHaveProperty('HTTPS')
    expect(place.HTTP_X_REAL_IP ?? '127.0.0.3').toBe('127.0.0.3')
  }
  expect(connections()).toBeLessThan(4)
}

for (const kind of fronts) {
  describe.skipIf(isMissing(kind.package))(`behind ${kind.package}`, () => {
    it('over TCP', async () => {
      const server = await startPortico({ config: configuration('trusted_proxies: [127.0.0.1]') })
      const { port, count } = await relay(0, { port: server.port, host: '127.0.0.1' })
      await checkFront(kind, port, count)
    })

    it('over a unix socket', async () => {
      const directory = readableDirectory()
      const path = join(directory, 'http.sock')
      const listen = `listen: ["127.0.0.1:0", "unix:${path}"]`
      await startPortico({ config: configuration('trusted_proxies: unix', listen) })
      const between = join(directory, 'relay.sock')
      const { count } = await relay(between, { path })
      await checkFront(kind, between, count)
    })
  })
}

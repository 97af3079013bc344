// nginx, Apache and lighttpd in front of `portico fastcgi` and `portico scgi`, told exactly what --snippet prints: what the
// application learns, what reaches it and what comes back.

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isMissing } from '../../double/project.ts'
import { sharedPlace } from '../gateways/place.ts'
import { type Asking, ask, sha256 } from './client.ts'
import { frontNames, type Hosting, host, packagesOf } from './front.ts'

const hostings: Hosting[] = frontNames.flatMap((front) => [
  { front, protocol: 'fastcgi', over: 'unix', mount: '/shop' },
  { front, protocol: 'fastcgi', over: 'TCP', mount: '/' },
  { front, protocol: 'scgi', over: 'unix', mount: '/' },
  { front, protocol: 'scgi', over: 'TCP', mount: '/shop' },
])

for (const hosting of hostings) {
  const { front, protocol, over, mount } = hosting
  describe.skipIf(isMissing(...packagesOf[front]))(`${front} over ${protocol} by ${over} at ${mount}`, () => {
    const site = sharedPlace((place) => host(place, hosting))
    const at = (path: string, asking: Asking = {}) => {
      const { port, tls, prefix } = site()
      return ask(asking.tls === true ? tls : port, prefix + path, asking)
    }
    const told = async (path: string, asking: Asking = {}) =>
      JSON.parse(String((await at(path, asking)).body))

    const outcome = (path: string) =>
      at(path).then(
        ({ status }) => `status ${status}`,
        (error: Error) => `cut: ${error.message}`,
      )
    // Where the head had not left the front server yet, it may still say so.
    const broken = /^(?:cut: (?:aborted|socket hang up)|status 50[023])$/

    it('tells it the path, the query, the client and its Authorization', async () => {
      const { port, prefix } = site()
      const headers = { authorization: 'Basic a2VlcGVyOng=', proxy: 'http://evil.example', 'x-it': 'ü' }
      const environ = await told('/a%20b/%C3%BC?q=1%202&r', { headers })
      expect(environ).toMatchObject({
        REQUEST_METHOD: 'GET',
        SCRIPT_NAME: prefix,
        PATH_INFO: '/a b/\u00c3\u00bc',
        QUERY_STRING: 'q=1%202&r',
        REQUEST_URI: `${prefix}/a%20b/%C3%BC?q=1%202&r`,
        HTTP_AUTHORIZATION: headers.authorization,
        HTTP_HOST: `localhost:${port}`,
        HTTP_X_IT: '\u00fc',
        REMOTE_ADDR: '127.0.0.1',
        SERVER_PORT: String(port),
        SERVER_PROTOCOL: 'HTTP/1.1',
        'wsgi.url_scheme': 'http',
        url: `http://localhost:${port}${prefix}/a%20b/%C3%BC?q=1%202&r`,
      })
      expect(environ.CONTENT_LENGTH ?? '0').toBe('0')
      for (const name of ['HTTP_PROXY', 'HTTPS', 'CONTENT_TYPE']) expect(environ).not.toHaveProperty(name)
    })

    it('says https where it is', async () => {
      const { tls, prefix } = site()
      const environ = await told('/x', { tls: true })
      expect(environ).toMatchObject({
        'wsgi.url_scheme': 'https',
        SERVER_PORT: String(tls),
        url: `https://localhost:${tls}${prefix}/x`,
      })
    })

    it('knows where its mount begins and ends', async () => {
      const { port, prefix } = site()
      expect(await told('/')).toMatchObject({ SCRIPT_NAME: prefix, PATH_INFO: '/' })
      if (prefix === '') return
      const [bare, other] = [await told('?q'), await ask(port, '/shopping')]
      expect(bare).toMatchObject({ SCRIPT_NAME: prefix, PATH_INFO: '', QUERY_STRING: 'q' })
      expect([other.status, String(other.body)]).toEqual([404, expect.not.stringContaining('SCRIPT_NAME')])
    })

    it('gets a path with a line end in it whole', async () => {
      const { prefix } = site()
      const { status, body } = await at('/a%0Ab%0A')
      // lighttpd refuses control characters.
      if (status === 400) return
      expect(JSON.parse(String(body))).toMatchObject({ SCRIPT_NAME: prefix, PATH_INFO: '/a\nb\n' })
    })

    it('passes its redirects on', async () => {
      const { port, prefix } = site()
      const { status, headers } = await at('/go')
      expect([status, headers.location]).toEqual([302, `http://localhost:${port}${prefix}/there`])
    })

    it.each([
      ['20 MB with their length', 20 << 20, false],
      ['20 MB in chunks', 20 << 20, true],
      ['100 octets in chunks', 100, true],
    ])('hands it %s', async (_, size, chunked) => {
      const body = randomBytes(size)
      const answer = await at('/digest', { body, chunked })
      // SCGI needs the length first, and Apache does not wait for it.
      if (chunked && front === 'apache' && protocol === 'scgi') {
        expect(answer.status).toBe(411)
        return
      }
      expect(JSON.parse(String(answer.body))).toEqual({ sha256: sha256(body), size, length: String(size) })
    })

    it('passes 20 MB on', async () => {
      const { status, body } = await at('/large')
      expect([status, body.length]).toEqual([200, 20 << 20])
      expect(sha256(body)).toBe(sha256(Buffer.alloc(20 << 20, Buffer.from([...Array(256).keys()]))))
    })

    it('answers HEAD with the head of GET', async () => {
      const { status, headers, body } = await at('/x', { method: 'HEAD' })
      expect([status, headers['content-type'], body.length]).toEqual([200, 'application/json', 0])
      expect(Number(headers['content-length'])).toBeGreaterThan(100)
    })

    it('says of a failure only the id that the log has', async () => {
      const { status, headers, body } = await at('/fail')
      expect(status).toBe(500)
      const id = /^The application failed\. Request id: (\S+)\n$/.exec(String(body))?.[1] ?? String(body)
      await site().responder.logged('the missing crate', `request=${id}`)
      const known = [
        'server',
        'date',
        'content-type',
        'content-length',
        'connection',
        'keep-alive',
        'transfer-encoding',
      ]
      expect(Object.keys(headers).filter((name) => !known.includes(name))).toEqual([])
    })

    // Over SCGI on a unix socket nothing tells such an end from a good one, and Apache counts anew what has come by then.
    if (!(front === 'apache' && protocol === 'scgi' && over === 'unix')) {
      it('does not make an answer look whole that is shorter than it says', async () => {
        expect(await outcome('/short')).toMatch(broken)
      })
    }

    // To lighttpd the end of a connection is the end of an answer.
    if (!(front === 'lighttpd' || (protocol === 'scgi' && over === 'unix'))) {
      it('does not make an answer look whole that was cut short', async () => {
        expect(await outcome('/cut')).toMatch(broken)
      })
    }
  })
}

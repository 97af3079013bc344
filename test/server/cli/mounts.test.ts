// Who answers a request: sites by host name, the longest mount, lists in order, and what is left over (404, 405).

import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { ask } from './ask.ts'

const shop = `def application(environ, start_response):
    body = environ['wsgi.input'].read().decode('latin-1')
    words = [environ['REQUEST_METHOD'], environ['SCRIPT_NAME'], environ['PATH_INFO'], environ['QUERY_STRING'], body]
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [' '.join(words).encode('latin-1')]
`

const config = `applications: { shop: { wsgi: "shop:application", processes: 1 } }
mounts:
  /: [{ files: public }, shop]
  /media: { files: media }
  /media/private: shop
  /go: { redirect: "https://example.test/there?a=b" }
  /moved: { redirect: /new, status: 301 }
sites:
  - hosts: [named.test, "*.wild.test", "[2001:db8:0::1]"]
    mounts: { /: { files: other } }
  - hosts: [deep.wild.test]
    mounts: { /only: shop }
`

const files = {
  'shop.py': shop,
  'public/a.txt': 'a file',
  'public/sub/index.html': 'an index',
  'public/.secret': 'hidden',
  'media/m.txt': 'media',
  'other/index.html': 'the other site',
}

let server: RunningPortico

beforeAll(async () => {
  server = await startPortico({ config, files, shared: true })
})

afterAll(async () => {
  await server.stop()
  rmSync(server.directory, { recursive: true })
})

/** Status and body. */
async function answer(target: string, question: Parameters<typeof ask>[2] = {}): Promise<string> {
  const { status, body } = await ask(server.port, target, question)
  return status === 200 ? body : String(status)
}

describe('a list of files and an application', () => {
  it('answers with the file where there is one, with the application where there is none', async () => {
    expect(await answer('/a.txt')).toBe('a file')
    expect(await answer('/sub/')).toBe('an index')
    expect(await answer('/b.txt?q=1')).toBe('GET  /b.txt q=1 ')
    expect(await answer('/')).toBe('GET  /  ')
  })

  it('gives a POST to a path that is a file to the application', async () => {
    expect(await answer('/a.txt', { method: 'POST', body: 'x=1' })).toBe('POST  /a.txt  x=1')
    expect(await answer('/a.txt', { method: 'DELETE' })).toBe('DELETE  /a.txt  ')
  })

  it('does not ask the application about a file that is refused', async () => {
    expect(await answer('/.secret')).toBe('404')
  })
})

describe('mounts', () => {
  it('are chosen by the longest prefix at the end of a segment', async () => {
    expect(await answer('/media/m.txt')).toBe('media')
    expect(await answer('/media/private/x')).toBe('GET /media/private /x  ')
    expect(await answer('/media/privateer')).toBe('GET  /media/privateer  ')
    expect(await answer('/mediaeval')).toBe('GET  /mediaeval  ')
  })

  it('leave what their files do not have to the next shorter one', async () => {
    expect(await answer('/media/none')).toBe('GET  /media/none  ')
  })

  it('redirect', async () => {
    const there = await ask(server.port, '/go/anything?x=1', { method: 'POST', body: 'b' })
    expect([there.status, there.fields.get('location')]).toEqual([302, 'https://example.test/there?a=b'])
    const moved = await ask(server.port, '/moved')
    expect([moved.status, moved.fields.get('location'), moved.body]).toEqual([301, '/new', ''])
  })
})

describe('sites', () => {
  it.each([
    'named.test',
    'NAMED.test:8080',
    'named.test.',
    'a.wild.test',
    'b.a.wild.test',
    '[2001:DB8::1]',
    '[2001:db8:0:0:0:0:0:1]:80',
  ])('are found by the host name %s', async (host) => {
    expect(await answer('/', { host })).toBe('the other site')
  })

  it.each(['wild.test', 'notnamed.test', '127.0.0.1', '[::1]:80'])(
    'leave %s to the default site',
    async (host) => {
      expect(await answer('/', { host })).toBe('GET  /  ')
    },
  )

  it('prefer the whole name to a wildcard, and borrow no mounts', async () => {
    expect(await answer('/only/x', { host: 'deep.wild.test' })).toBe('GET /only /x  ')
    expect(await answer('/', { host: 'deep.wild.test' })).toBe('404')
  })
})

describe('what nobody answers', () => {
  it('is 404 with a request id and no word about the inside', async () => {
    const { status, fields, body } = await ask(server.port, '/none', { host: 'named.test' })
    expect([status, fields.get('allow')]).toEqual([404, undefined])
    expect(body).toContain(fields.get('x-request-id'))
    expect(body).not.toContain(server.directory)
  })

  it('is 405 with Allow where only the method is wrong', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PROPFIND']) {
      const { status, fields } = await ask(server.port, '/', { method, host: 'named.test' })
      expect([method, status, fields.get('allow')]).toEqual([method, 405, 'GET, HEAD, OPTIONS'])
    }
  })

  it('is 204 with Allow for OPTIONS on files', async () => {
    const { status, fields } = await ask(server.port, '/', { method: 'OPTIONS', host: 'named.test' })
    expect([status, fields.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })
})

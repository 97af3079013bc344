// What becomes of the output of a script (RFC 3875 sections 5 and 6; rows CGI-50 to CGI-72).

import { describe, expect, it } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { eventually } from '../../double/eventually.ts'
import { config, type Said, saying, sharedSite, valuesOf, ways } from './scripts.ts'

describe.each(ways)('the output of a script that is $name', (how) => {
  const site = sharedSite(how, config(how))
  const mark = `${how.launcher}-${how.warm}`
  const say = (octets: string, options = {}): Promise<Said> =>
    site().ask(`/cgi-bin/say.py?${saying(octets)}`, options)

  it.each([
    ['a document', 'Content-Type: text/x\n\nbody', 200, 'body'],
    ['a status with a reason', 'Status: 404 Nope\nContent-Type: text/x\n\nbody', 404, 'body'],
    ['a status alone', 'Status: 200\nContent-Type: text/x\n\nbody', 200, 'body'],
    ['CRLF and LF, mixed, and names in any case', 'sTaTuS: 201\r\ncontent-TYPE: a/b\n\r\nbody', 201, 'body'],
    ['nothing but a head', 'Content-Type: text/x\n\n', 200, ''],
    ['an empty value and a tab', 'Content-Type: text/x\nFoo:\nBar: b\tar\n\nbody', 200, 'body'],
  ])('is %s', async (_, octets, status, body) => {
    const said = await say(octets)
    expect([said.status, said.body, said.complete]).toEqual([status, body, true])
  })

  it('keeps fields that come twice, and drops those of the connection', async () => {
    const said = await say(
      'Content-Type: text/x\nSet-Cookie: a\nSet-Cookie: b\nConnection: close\nKeep-Alive: x\nTransfer-Encoding: x\nUpgrade: y\n\nbody',
    )
    expect(valuesOf(said, 'set-cookie')).toEqual(['a', 'b'])
    expect(valuesOf(said, 'upgrade')).toEqual([])
    expect(said.body).toBe('body')
  })

  it('has no Content-Type that the script did not give', async () => {
    expect(valuesOf(await say('X-A: b\n\nbody'), 'content-type')).toEqual([])
  })

  it.each([
    ['no head', 'just text, no head'],
    ['nothing', ''],
    ['a line without a colon', 'Content-Type: text/x\nnonsense\n\nbody'],
    ['a control character', 'Content-Type: text/x\nF\x01oo: bar\n\n'],
    ['a bare CR', 'Content-Type: text/x\nFoo: b\rar\n\n'],
    ['a continuation line', 'Content-Type: text/x\nFoo: a\n b: c d\n\n'],
    ['a bad status', 'Status: 99\n\n'],
    ['a head without end', 'X-A: b\nX-B: c\n'],
  ])('is refused with 502 when it begins with %s, and the log has its first octets', async (_, octets) => {
    const said = await say(octets)
    expect(said.status).toBe(502)
    const start = JSON.stringify(octets.slice(0, 9)).slice(1, -1)
    await eventually(`${start} in the log`, () => (site().server.stderr().includes(start) ? true : undefined))
  })

  it('is a client redirect with an address, with the status of the script if it has one', async () => {
    const found = await say('Location: http://h/x\n\n')
    expect([found.status, valuesOf(found, 'location')]).toEqual([302, ['http://h/x']])
    const moved = await say('Location: http://h/x\nStatus: 301 Moved\nContent-Type: text/x\n\ngone')
    expect([moved.status, moved.body]).toEqual([301, 'gone'])
  })

  it('is a client redirect with a path and anything beside it', async () => {
    const cookie = await say('Location: /cgi-bin/unread.py\nSet-Cookie: a\n\n')
    expect([cookie.status, valuesOf(cookie, 'location')]).toEqual([302, ['/cgi-bin/unread.py']])
    expect((await say('Status: 303\nLocation: /cgi-bin/unread.py\n\n')).status).toBe(303)
    expect((await say('Location: //evil.example/x\n\n')).status).toBe(302)
  })

  it('is answered by another path with a path alone, as a GET without a body', async () => {
    const options = { method: 'POST', body: 'abc', fields: 'Content-Type: text/x\r\n' }
    const said = await say('Location: /cgi-bin/environ.py/info?q=1\n\n', options)
    const { environ } = JSON.parse(said.body) as { environ: Record<string, string> }
    expect(environ).toMatchObject({
      REQUEST_METHOD: 'GET',
      PATH_INFO: '/info',
      QUERY_STRING: 'q=1',
      REQUEST_URI: '/cgi-bin/environ.py/info?q=1',
    })
    expect(environ).not.toHaveProperty('CONTENT_LENGTH')
    expect(environ).not.toHaveProperty('CONTENT_TYPE')
  })

  it('cannot lead in circles, nor nowhere', async () => {
    expect((await site().ask('/cgi-bin/redirect.sh')).status).toBe(500)
    expect((await say('Location: /nowhere at all\n\n')).status).toBe(500)
    expect((await say('Location: /nowhere\n\n')).status).toBe(404)
    // The fault of the script, not of the client.
    for (const path of ['/a%2Fb', '/a%zz', '/../x', '/a%00'])
      expect([path, (await say(`Location: ${path}\n\n`)).status]).toEqual([path, 500])
  })

  it('is in the access log as what the client has asked for', async () => {
    const target = `/cgi-bin/say.py?${saying(`Location: /cgi-bin/environ.py?by=${mark}\n\n`)}`
    await site().ask(target, { method: 'POST', body: 'abc' })
    const isLogged = () =>
      site().server.stdout().includes(`"POST ${target} HTTP/1.1" 200`) ? true : undefined
    await eventually('its line', isLogged)
    expect(site().server.stdout()).not.toContain(`?by=${mark} HTTP`)
  })

  it('has no body for HEAD, 204 and 304', async () => {
    const head = await say('Content-Type: text/x\nContent-Length: 4\n\nbody', { method: 'HEAD' })
    expect([head.status, head.body, valuesOf(head, 'content-length')]).toEqual([200, '', ['4']])
    const empty = await say('Status: 204\n\nbody')
    expect([empty.status, empty.body, valuesOf(empty, 'content-length')]).toEqual([204, '', []])
    expect((await say('Status: 304\nETag: "a"\n\n')).status).toBe(304)
  })

  it('keeps the connection in step when its length is wrong', async () => {
    const client = await Client.open(site().server.port)
    const get = (octets: string): void =>
      client.send(`GET /cgi-bin/say.py?${saying(octets)} HTTP/1.1\r\nHost: a\r\n\r\n`)
    get('Content-Length: 3\nContent-Type: a/b\n\nlonger')
    expect((await client.answer()).body).toBe('lon')
    get('Content-Length: 30\nContent-Type: a/b\n\nshort')
    expect(await client.answer()).toMatchObject({ body: 'short', complete: false })
    client.destroy()
  })

  it('is sent as it comes', async () => {
    const client = await Client.open(site().server.port)
    const path = `/no/such/file/${mark}`
    client.send(`GET /cgi-bin/wait.py?${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect(await client.until('the first line', (text) => /\r\n\d+\n\r\n/.test(text))).toBe(true)
    // Closed only, it may still wait for the rest, and the stop of the server would.
    client.socket.resetAndDestroy()
  })

  it('is whole also when it is large', async () => {
    const said = await site().ask('/cgi-bin/large.py?24')
    const piece = Buffer.from(Array.from({ length: 256 }, (_, i) => i)).toString('latin1')
    expect(said.body.length).toBe(24 * 1024 * 1024)
    expect(said.body.slice(256 * 70_000, 256 * 70_001)).toBe(piece)
  })

  it('goes to the client as it is when the name begins with nph-', async () => {
    const message = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Fine\nX-A:   b\n\nbody\0'
    const client = await Client.open(site().server.port)
    client.send(`GET /cgi-bin/nph-say.py?${saying(message)} HTTP/1.1\r\nHost: a\r\n\r\n`)
    expect(await client.rest()).toBe(message)
    expect((await site().ask(`/cgi-bin/nph-say.py?${saying('Content-Type: a/b\n\nx')}`)).status).toBe(502)
  })
})

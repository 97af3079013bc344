// The request as a script sees it (RFC 3875 sections 4.1, 4.4, 7.2; rows CGI-01 to CGI-26, CGI-34 to CGI-37).

import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { ask, config, launchers, scripts, serve, sharedSite, siteOf, ways } from './scripts.ts'

interface Told {
  readonly environ: Readonly<Record<string, string>>
  readonly argv: readonly string[]
  readonly script: string
  readonly directory: string
  readonly descriptors: readonly number[]
  readonly path: string
  readonly name: string
  readonly file: string
  readonly group: number
  readonly pid: number
  readonly umask: number
  readonly kinds: readonly string[]
}

const pipe = '0o10000'

describe.each(ways)('the environ of a script that is $name', (how) => {
  const site = sharedSite(how, config(how), { SECRET_KEY: 'of the server', LANG: 'C.UTF-8' })
  const told = async (target: string, options = {}): Promise<Told> => {
    const { status, body } = await site().ask(`/cgi-bin/environ.py${target}`, options)
    expect([status, body.slice(0, 1)]).toEqual([200, '{'])
    return JSON.parse(body) as Told
  }

  it('has the variables of RFC 3875', async () => {
    const { environ } = await told('/this%2eis%2epath%3binfo?a=%00&b+c?d', {
      method: 'PROPFIND',
      fields: 'Content-Type: text/x; p=1\r\n',
      body: 'abc',
    })
    const port = String(site().server.port)
    expect(environ).toMatchObject({
      GATEWAY_INTERFACE: 'CGI/1.1',
      REQUEST_METHOD: 'PROPFIND',
      SCRIPT_NAME: '/cgi-bin/environ.py',
      PATH_INFO: '/this.is.path;info',
      PATH_TRANSLATED: `${scripts}/this.is.path;info`,
      QUERY_STRING: 'a=%00&b+c?d',
      CONTENT_LENGTH: '3',
      CONTENT_TYPE: 'text/x; p=1',
      REMOTE_ADDR: '127.0.0.1',
      REMOTE_HOST: '127.0.0.1',
      SERVER_NAME: 'shop.example',
      SERVER_PORT: port,
      SERVER_PROTOCOL: 'HTTP/1.1',
      SCRIPT_FILENAME: `${scripts}/environ.py`,
      DOCUMENT_ROOT: scripts,
      REQUEST_URI: '/cgi-bin/environ.py/this%2eis%2epath%3binfo?a=%00&b+c?d',
      REQUEST_SCHEME: 'http',
    })
    expect(environ.SERVER_SOFTWARE).toMatch(/^Portico\//)
  })

  it('says nothing where there is nothing', async () => {
    const { environ } = await told('')
    expect(environ.QUERY_STRING).toBe('')
    for (const name of [
      'CONTENT_LENGTH',
      'CONTENT_TYPE',
      'PATH_TRANSLATED',
      'AUTH_TYPE',
      'REMOTE_USER',
      'HTTPS',
    ])
      expect(environ).not.toHaveProperty(name)
    expect(environ.PATH_INFO ?? '').toBe('')
  })

  it('has the fields of the request, none of which takes the place of another variable', async () => {
    const { environ } = await told('', {
      fields:
        'Cookie: a=1\r\nCookie: b=2\r\nX-List: 1\r\nX-List: 2\r\nPath-Info: /x\r\nProxy: http://evil\r\n' +
        'X_Under: 1\r\nAuthorization: Basic eDp5\r\nX-Bytes: \xe9\xff\r\nPath: /evil\r\nLd-Preload: /evil.so\r\n',
    })
    expect(environ).toMatchObject({
      HTTP_COOKIE: 'a=1; b=2',
      HTTP_X_LIST: '1, 2',
      HTTP_PATH_INFO: '/x',
      HTTP_X_BYTES: '\xe9\xff',
      HTTP_PATH: '/evil',
      HTTP_HOST: 'shop.example',
    })
    for (const name of [
      'HTTP_PROXY',
      'HTTP_X_UNDER',
      'HTTP_AUTHORIZATION',
      'HTTP_CONTENT_LENGTH',
      'LD_PRELOAD',
    ])
      expect(environ).not.toHaveProperty(name)
    expect(environ.PATH).not.toBe('/evil')
  })

  it('has nothing of the server', async () => {
    const { environ } = await told('')
    expect(environ).not.toHaveProperty('SECRET_KEY')
    const own = Object.keys(environ).filter((name) => /^(PYTHON|NODE|PORTICO|npm)/.test(name))
    expect(own).toEqual([])
    expect(environ.LANG).toBe('C.UTF-8')
  })

  it('takes octets that are no UTF-8, in the path as in the query', async () => {
    const { environ } = await told('/caf%e9?%e9\xe9')
    expect(environ).toMatchObject({ PATH_INFO: '/caf\xe9', QUERY_STRING: '%e9\xe9' })
  })

  it('has the words of an indexed query as arguments, and of no other', async () => {
    expect((await told('?a+b%20c')).argv).toEqual(['a', 'b c'])
    expect((await told('?a=b+c')).argv).toEqual([])
    expect((await told('?-s')).argv).toEqual([])
    expect((await told('?a+-d+x')).argv).toEqual([])
    expect((await told('?a%00b')).argv).toEqual([])
    expect((await told('?a+b', { method: 'POST', body: '' })).argv).toEqual([])
  })

  it('is that of a program that was started in its own directory, with three pipes and nothing else', async () => {
    const one = await told('')
    expect(one).toMatchObject({
      directory: scripts,
      script: `${scripts}/environ.py`,
      file: `${scripts}/environ.py`,
      path: scripts,
      name: '__main__',
      descriptors: [0, 1, 2],
      kinds: [pipe, pipe, pipe],
    })
    expect(one.group).toBe(one.pid)
    expect(one.umask).toBe(0o22)
  })
})

describe.each(launchers)('the environ of scripts that are $name', (how) => {
  it('has the user of a password, and with authorization: true what the client sent', async () => {
    const users = `me:${hashSync('foo', 4)}\n`
    const server = await serve(how, {
      config: config(how, 'access: { users: users }').replace(
        /\n$/,
        `\n  /told: { cgi: ${scripts}, warm: false, authorization: true }\n`,
      ),
      files: { users },
    })
    const fields = `Authorization: Basic ${Buffer.from('me:foo').toString('base64')}\r\n`
    const own = await ask(server.port, '/cgi-bin/environ.py', { fields })
    const { environ } = JSON.parse(own.body) as Told
    expect(environ).toMatchObject({ AUTH_TYPE: 'Basic', REMOTE_USER: 'me' })
    expect(environ).not.toHaveProperty('HTTP_AUTHORIZATION')
    const other = JSON.parse((await ask(server.port, '/told/environ.py', { fields })).body) as Told
    expect(other.environ.HTTP_AUTHORIZATION).toMatch(/^Basic /)
    expect(other.environ).not.toHaveProperty('REMOTE_USER')
  })

  it('has what the mount says, in the directory that it names', async () => {
    const server = await serve(how, {
      config: config(how, 'directory: work, environment: { GREETING: "hello" }, limits: { descriptors: 77 }'),
      files: { 'work/here': '' },
    })
    const { ask: asked } = siteOf(server)
    const told = JSON.parse((await asked('/cgi-bin/environ.py')).body) as Told
    expect(told).toMatchObject({ directory: `${server.directory}/work`, environ: { GREETING: 'hello' } })
    expect((await asked('/cgi-bin/signals.sh')).body).toMatch(/^77$/m)
  })
})

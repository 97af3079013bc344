import { describe, expect, it } from 'vitest'
import type { Exchange } from '../http/exchange.ts'
import type { ForwardedChoice } from '../http/forwarded.ts'
import { noInput } from '../http1/request-input.ts'
import { EnvironBuilder } from './environ.ts'
import { type EnvironPolicy, wsgiPolicy } from './environ-policy.ts'

const place = { scriptName: '/app', pathInfo: '/x y' }

interface Request {
  readonly fields?: readonly string[]
  readonly authority?: string
  readonly scheme?: 'http' | 'https'
  readonly version?: 10 | 11
  readonly trusted?: boolean
  /** Host as a trusted proxy told it. */
  readonly told?: string
  readonly user?: string
}

function exchange({
  fields = [],
  authority = 'example.com:81',
  scheme = 'http',
  version = 11,
  trusted = false,
  told = authority,
  user = '',
}: Request): Exchange {
  return {
    id: 'id-1',
    head: {
      method: 'GET',
      target: {
        kind: 'origin',
        raw: '/app/x%20y?a=b',
        path: '/app/x%20y',
        query: 'a=b',
        authority: undefined,
      },
      version,
      fields,
      framing: { kind: 'none' },
      authority,
      keepAlive: true,
      expectsContinue: false,
    },
    path: '/app/x y',
    query: 'a=b',
    authority: told,
    host: 'example.com',
    peer: {
      remoteAddress: '::1',
      remotePort: 4000,
      localAddress: '127.0.0.1',
      localPort: 8000,
      scheme,
      trusted,
    },
    input: noInput,
    receivedMs: 0,
    whenGone: undefined,
    mount: '/app',
    worker: '',
    user,
    respond: () => {},
    pass: () => {},
    redirectLocally: () => {},
    fail: () => {},
  }
}

function build(
  request: Request,
  policy: EnvironPolicy = wsgiPolicy,
  length?: number,
  forwarded: ForwardedChoice = 'auto',
) {
  const refused: string[] = []
  const untrusted: string[] = []
  const builder = new EnvironBuilder({
    serverSoftware: 'Portico/1',
    policy,
    refused: (name) => refused.push(name),
    forwarded,
    untrusted: (name, address) => untrusted.push(`${name} ${address}`),
  })
  const { constant, variable } = builder.build(exchange(request), place, length)
  const pairs = [...constant, ...variable]
  const names = pairs.filter((_, i) => i % 2 === 0)
  expect(new Set(names).size).toBe(names.length)
  const environ = Object.fromEntries(names.map((name, i) => [name, pairs[2 * i + 1]]))
  return { environ, refused, untrusted, builder }
}

describe('EnvironBuilder', () => {
  it('sets the variables of RFC 3875', () => {
    expect(build({}).environ).toEqual({
      GATEWAY_INTERFACE: 'CGI/1.1',
      SERVER_SOFTWARE: 'Portico/1',
      SERVER_NAME: 'example.com',
      SERVER_PORT: '8000',
      SERVER_PROTOCOL: 'HTTP/1.1',
      REQUEST_METHOD: 'GET',
      REQUEST_SCHEME: 'http',
      REQUEST_URI: '/app/x%20y?a=b',
      REQUEST_ID: 'id-1',
      SCRIPT_NAME: '/app',
      PATH_INFO: '/x y',
      QUERY_STRING: 'a=b',
      REMOTE_ADDR: '::1',
      REMOTE_PORT: '4000',
      HTTP_HOST: 'example.com:81',
    })
  })

  it('names the user whom this server has asked, and keeps the password', () => {
    const fields = [
      'Authorization',
      'Basic YW5uOng=',
      'X-Remote-User',
      'eve',
      'Auth-Type',
      'x',
      'Remote-User',
      'x',
    ]
    const { environ } = build({ fields, user: 'ann' })
    expect(environ).toMatchObject({ AUTH_TYPE: 'Basic', REMOTE_USER: 'ann', HTTP_REMOTE_USER: 'x' })
    expect(environ).not.toHaveProperty('HTTP_AUTHORIZATION')
    const { environ: nobody } = build({ fields })
    expect(nobody).toHaveProperty('HTTP_AUTHORIZATION')
    expect(nobody).not.toHaveProperty('AUTH_TYPE')
    expect(nobody).not.toHaveProperty('REMOTE_USER')
  })

  it('names a server even when the client named none', () => {
    expect(build({ authority: '', version: 10 }).environ).toMatchObject({
      SERVER_NAME: '127.0.0.1',
      SERVER_PROTOCOL: 'HTTP/1.0',
    })
    expect(build({ authority: '' }).environ).not.toHaveProperty('HTTP_HOST')
  })

  it('says https only where the connection is', () => {
    expect(build({ scheme: 'https' }).environ).toMatchObject({ HTTPS: 'on', REQUEST_SCHEME: 'https' })
    expect(build({}).environ).not.toHaveProperty('HTTPS')
  })

  it('gives the length of the input that is there and the type as received', () => {
    const fields = ['content-TYPE', 'text/x; a=b', 'Content-Length', '99']
    const { environ } = build({ fields }, wsgiPolicy, 5)
    expect(environ).toMatchObject({ CONTENT_TYPE: 'text/x; a=b', CONTENT_LENGTH: '5' })
    expect(environ).not.toHaveProperty('HTTP_CONTENT_TYPE')
    expect(environ).not.toHaveProperty('HTTP_CONTENT_LENGTH')
  })

  it('joins repeated fields in order, cookies by semicolons', () => {
    const fields = ['Cookie', 'a=1', 'X-A', '1', 'cookie', 'b=2', 'x-a', '2']
    expect(build({ fields }).environ).toMatchObject({ HTTP_COOKIE: 'a=1; b=2', HTTP_X_A: '1, 2' })
  })

  it('is not misled by a value that looks like a name', () => {
    const fields = ['X-B', 'HTTP_X_A', 'X-A', '1', 'X-A', '2']
    expect(build({ fields }).environ).toMatchObject({ HTTP_X_B: 'HTTP_X_A', HTTP_X_A: '1, 2' })
  })

  it('keeps out names that could fold onto others, and says so', () => {
    const fields = ['X_A', 'evil', 'X.A', 'evil', 'X-A', 'good', '__proto__', 'x', 'constructor', 'y']
    const { environ, refused } = build({ fields })
    expect(environ.HTTP_X_A).toBe('good')
    expect(environ.HTTP_CONSTRUCTOR).toBe('y')
    expect(refused).toEqual(['X_A', 'X.A', '__proto__'])
  })

  it('never makes HTTP_PROXY, and keeps hop-by-hop fields to itself', () => {
    const fields = ['Proxy', 'http://evil', 'Connection', 'x-hop, keep-alive', 'X-Hop', '1', 'TE', 'trailers']
    const withField = Object.keys(build({ fields }).environ).filter((name) => name.startsWith('HTTP_'))
    expect(withField).toEqual(['HTTP_HOST'])
  })

  it('hands Authorization over only where the policy says so', () => {
    const fields = ['Authorization', 'Basic eDp5']
    expect(build({ fields }).environ.HTTP_AUTHORIZATION).toBe('Basic eDp5')
    expect(build({ fields }, { authorization: false }).environ).not.toHaveProperty('HTTP_AUTHORIZATION')
  })

  it('takes the host that was told, and leaves the address as it came', () => {
    expect(build({ told: 'shop.test:8443', trusted: true }).environ).toMatchObject({
      HTTP_HOST: 'shop.test:8443',
      SERVER_NAME: 'shop.test',
      REQUEST_URI: '/app/x%20y?a=b',
    })
  })

  const claims = [
    'Forwarded',
    'for=a',
    'X-Forwarded-Proto',
    'https',
    'x-forwarded-ssl',
    'on',
    'X-Real-IP',
    '1.1.1.1',
  ]

  it('keeps what only proxies may say from a peer that is not trusted, and says so', () => {
    const { environ, untrusted } = build({ fields: [...claims, 'X-Forwarder', 'y', 'X-Real-Ipsum', 'z'] })
    const told = Object.keys(environ).filter((name) => /FORWARDE|REAL/.test(name))
    expect(told).toEqual(['HTTP_X_FORWARDER', 'HTTP_X_REAL_IPSUM'])
    const names = ['HTTP_FORWARDED', 'HTTP_X_FORWARDED_PROTO', 'HTTP_X_FORWARDED_SSL', 'HTTP_X_REAL_IP']
    expect(untrusted).toEqual(names.map((name) => `${name} ::1`))
  })

  it('passes it on as received from a trusted one', () => {
    const { environ, untrusted } = build({ fields: claims, trusted: true })
    expect(environ).toMatchObject({
      HTTP_FORWARDED: 'for=a',
      HTTP_X_FORWARDED_PROTO: 'https',
      HTTP_X_FORWARDED_SSL: 'on',
      HTTP_X_REAL_IP: '1.1.1.1',
    })
    expect(untrusted).toEqual([])
  })

  it('keeps the family out that the proxies are known not to write', () => {
    const names = (choice: ForwardedChoice): string[] =>
      Object.keys(build({ fields: claims, trusted: true }, wsgiPolicy, undefined, choice).environ).filter(
        (name) => /FORWARDED|REAL/.test(name),
      )
    expect(names('forwarded')).toEqual(['HTTP_FORWARDED'])
    expect(names('x-forwarded')).toEqual(['HTTP_X_FORWARDED_PROTO', 'HTTP_X_FORWARDED_SSL', 'HTTP_X_REAL_IP'])
  })

  it('shares the constant part between requests that agree in it, and only those', () => {
    const { builder } = build({})
    const one = builder.build(exchange({}), place, undefined).constant
    expect(builder.build(exchange({ fields: ['X-A', '1'] }), place, 3).constant).toBe(one)
    expect(builder.build(exchange({ authority: 'other' }), place, undefined).constant).not.toEqual(one)
    expect(builder.build(exchange({}), place, undefined).constant).toBe(one)
  })
})

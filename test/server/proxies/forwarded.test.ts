// Behind a trusted proxy everything is as the client sees it; nobody else can say what it is.
// 127.0.0.1 is the trusted proxy here, 127.0.0.2 is somebody else who connects.

import { rmSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { askBy, configuration, type Place, placeBy } from './place.ts'

let server: RunningPortico

beforeAll(async () => {
  server = await startPortico({
    config: configuration(
      'trusted_proxies: [127.0.0.1, 10.0.0.0/8]',
      'log: { format: json }',
      'sites: [{ hosts: [other.test], mounts: { /: { files: public } } }]',
    ),
    files: { 'public/index.html': 'the other site' },
    shared: true,
  })
})
afterAll(async () => {
  await server?.stop()
  if (server) rmSync(server.directory, { recursive: true })
})

const proxy = () => ({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.1' })
const stranger = () => ({ port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' })

const told = [
  'X-Forwarded-For: 203.0.113.5',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: shop.test',
  'X-Real-IP: 203.0.113.5',
]

/** Without the fields that were sent and the port of our socket. */
function facts(place: Place): Place {
  const kept = Object.entries(place).filter(
    ([name]) => !/FORWARDED|HTTP_X_/.test(name) && name !== 'REMOTE_PORT',
  )
  return Object.fromEntries(kept)
}

describe('from a trusted proxy', () => {
  it('the environ is that of the connection of the client', async () => {
    expect(await placeBy(proxy(), told)).toEqual({
      REMOTE_ADDR: '203.0.113.5',
      REMOTE_PORT: '0',
      SERVER_NAME: 'shop.test',
      SERVER_PORT: '443',
      HTTP_HOST: 'shop.test',
      HTTPS: 'on',
      REQUEST_URI: '/a%20b?q=1',
      'wsgi.url_scheme': 'https',
      url: 'https://shop.test/a%20b?q=1',
      HTTP_X_FORWARDED_FOR: '203.0.113.5',
      HTTP_X_FORWARDED_PROTO: 'https',
      HTTP_X_FORWARDED_HOST: 'shop.test',
      HTTP_X_REAL_IP: '203.0.113.5',
    })
  })

  it('Forwarded says the same in one field', async () => {
    const field = 'Forwarded: for="[2001:DB8::5]:4711";proto=https;host="shop.test:8443";by=_here'
    expect(await placeBy(proxy(), [field])).toMatchObject({
      REMOTE_ADDR: '2001:db8::5',
      REMOTE_PORT: '4711',
      SERVER_PORT: '8443',
      HTTP_HOST: 'shop.test:8443',
      url: 'https://shop.test:8443/a%20b?q=1',
    })
  })

  it.each([
    ['the port of the listener when only an address is told', ['X-Forwarded-For: 203.0.113.5'], ''],
    ['443 for https', ['X-Forwarded-Proto: https'], '443'],
    ['80 for a host', ['X-Forwarded-Host: shop.test'], '80'],
    ['that of the host', ['X-Forwarded-Host: shop.test:8080'], '8080'],
    ['X-Forwarded-Port first', ['X-Forwarded-Host: shop.test:8080', 'X-Forwarded-Port: 81'], '81'],
  ])('SERVER_PORT is %s', async (_, fields, port) => {
    expect((await placeBy(proxy(), fields)).SERVER_PORT).toBe(port === '' ? String(server.port) : port)
  })

  it('a port that is told apart becomes part of the address, unless it is a usual one', async () => {
    const url = async (port: number): Promise<string | undefined> =>
      (await placeBy(proxy(), [...told, `X-Forwarded-Port: ${port}`])).url
    expect(await url(8443)).toBe('https://shop.test:8443/a%20b?q=1')
    expect(await url(443)).toBe('https://shop.test/a%20b?q=1')
    expect(await url(80)).toBe('https://shop.test/a%20b?q=1')
  })

  it('only what the trusted proxies wrote counts, not what stands left of it', async () => {
    const spoofed = [
      'X-Forwarded-For: 6.6.6.6, 203.0.113.5, 10.1.1.1',
      'X-Forwarded-Proto: http, https, http',
      'X-Forwarded-Host: evil.test, shop.test, inner.test',
    ]
    expect(facts(await placeBy(proxy(), spoofed))).toEqual(facts(await placeBy(proxy(), told)))
    const rfc = 'Forwarded: for=6.6.6.6;host=evil.test, for=", for=203.0.113.5;proto=https;host=shop.test'
    expect(facts(await placeBy(proxy(), [rfc]))).toEqual(facts(await placeBy(proxy(), told)))
  })

  it('the families do not mix', async () => {
    const place = await placeBy(proxy(), ['Forwarded: for=6.6.6.6;proto=https;host=evil.test', told[0] ?? ''])
    expect(place).toMatchObject({
      REMOTE_ADDR: '203.0.113.5',
      'wsgi.url_scheme': 'http',
      HTTP_HOST: 'localhost',
    })
    expect(place.HTTP_FORWARDED).toBe('for=6.6.6.6;proto=https;host=evil.test')
  })

  it('what is malformed leaves the last address that is known', async () => {
    const fields = [
      'X-Forwarded-For: 6.6.6.6, who?, 10.0.0.1',
      'X-Forwarded-Host: a b',
      'X-Forwarded-Proto: gopher',
    ]
    const place = await placeBy(proxy(), fields)
    expect(place).toMatchObject({
      REMOTE_ADDR: '10.0.0.1',
      HTTP_HOST: 'localhost',
      'wsgi.url_scheme': 'http',
    })
    expect((await placeBy(proxy(), ['Forwarded: for="'])).REMOTE_ADDR).toBe('127.0.0.1')
  })

  it('redirects, sites and the access log go by what it tells', async () => {
    const redirect = await askBy(proxy(), '/go', { fields: told })
    expect(redirect.fields.get('location')).toBe('https://shop.test/there')
    const fields = ['X-Forwarded-Host: other.test', 'X-Forwarded-For: 203.0.113.77']
    expect((await askBy(proxy(), '/', { fields })).body).toBe('the other site')
    const line = await eventually('the line of the request', () =>
      server
        .stdout()
        .split('\n')
        .find((one) => one.includes('"203.0.113.77"')),
    )
    expect(JSON.parse(line)).toMatchObject({ remote_address: '203.0.113.77', host: 'other.test' })
  })
})

describe('from anybody else', () => {
  it('nothing of it is believed, passed on or logged as the client, and the operator is told once', async () => {
    const place = await placeBy(stranger(), told)
    expect(facts(place)).toEqual(facts(await placeBy(stranger(), [])))
    expect(place).toMatchObject({ REMOTE_ADDR: '127.0.0.2', SERVER_PORT: String(server.port) })
    expect(Object.keys(place).filter((name) => /FORWARDED|HTTP_X_/.test(name))).toEqual([])
    await placeBy(stranger(), told)
    const redirect = await askBy(stranger(), '/go', { fields: told, host: 'shop.test:81' })
    expect(redirect.fields.get('location')).toBe('http://shop.test:81/there')
    expect((await askBy(stranger(), '/', { fields: ['X-Forwarded-Host: other.test'] })).body).not.toContain(
      'other site',
    )
    const events = await eventually('the warning', () => {
      const lines = server
        .stderr()
        .split('\n')
        .filter((line) => line.includes('proxy.untrusted'))
      return lines.length > 0 ? lines : undefined
    })
    expect(events).toEqual([
      expect.stringMatching(/ warn .*peer=127\.0\.0\.2 .*add it: trusted_proxies: \["127\.0\.0\.2"\]$/),
    ])
  })

  it('no forwarded text whatsoever changes anything', async () => {
    const usual = facts(await placeBy(stranger(), []))
    const name = fc.constantFrom(
      'Forwarded',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-Host',
      'X-Forwarded-Port',
      'X-Forwarded-Ssl',
      'X-Real-IP',
      'X-Forwarded',
    )
    const octet = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f)
    const text = fc.oneof(
      fc.array(octet, { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
      fc.constantFrom('203.0.113.5', 'https', 'evil.test', 'for=1.1.1.1;proto=https;host=evil.test', '8443'),
    )
    const fields = fc.array(
      fc.tuple(name, text).map(([one, value]) => `${one}: ${value}`),
      { maxLength: 6 },
    )
    await fc.assert(
      fc.asyncProperty(fields, async (sent) => {
        const place = await placeBy(stranger(), sent)
        expect(facts(place)).toEqual(usual)
        expect(Object.keys(place)).toHaveLength(Object.keys(usual).length + 1)
        expect((await placeBy(proxy(), sent)).REQUEST_URI).toBe('/a%20b?q=1')
      }),
      { numRuns: 60 },
    )
    expect(server.stderr()).not.toContain('internal.fault')
  })
})

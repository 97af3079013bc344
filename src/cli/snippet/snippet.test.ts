import { expect, it } from 'vitest'
import type { Listen } from '../../config/effective.ts'
import { snippet } from './snippet.ts'

const listen = { kind: 'tcp', host: '127.0.0.1', port: 9000, path: '' } as Listen
const facts = { listen, command: 'portico', prefix: '/', directory: '/srv/shop' }

it.each(['fastcgi', 'scgi'] as const)(
  'names the limits of nginx that an application over %s meets',
  (protocol) => {
    const text = snippet('nginx', { ...facts, protocol })
    for (const line of ['client_max_body_size 100m;', `${protocol}_read_timeout 5m;`, 'SERVER_NAME is empty'])
      expect(text).toContain(`    # ${line}`)
  },
)

it('names what Apache needs for a path with an encoded slash', () => {
  expect(snippet('apache', { ...facts, protocol: 'fastcgi' })).toContain('\n# AllowEncodedSlashes NoDecode\n')
})

it.each([
  ['fastcgi', 'fcgi'],
  ['scgi', 'scgi'],
] as const)('gives Apache one host for each socket over %s, whatever its path is', (protocol, scheme) => {
  const sockets = [
    '/run/shop.sock',
    '/run/other/shop.sock',
    '/run/Sh_op.sock',
    `/run/${'long'.repeat(20)}`,
    '/run/ü',
  ]
  const hosts = sockets.map((path) => {
    const text = snippet('apache', { ...facts, protocol, listen: { ...listen, kind: 'unix', path } })
    return new RegExp(`^ProxyPass "/" "unix:${path}\\|${scheme}://([^/]+)/"$`, 'm').exec(text)?.[1]
  })
  expect(new Set(hosts).size).toBe(sockets.length)
  for (const host of hosts) expect(host).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/)
})

it('says for a path which lines come first where that decides', () => {
  const note = (kind: 'nginx' | 'apache' | 'lighttpd', prefix: string) =>
    /such as \/shop\/api, have to stand (\w+) these/.exec(
      snippet(kind, { ...facts, protocol: 'scgi', prefix }),
    )?.[1]
  const kinds = ['nginx', 'apache', 'lighttpd'] as const
  expect(kinds.map((kind) => note(kind, '/shop/'))).toEqual(['above', 'below', 'below'])
  expect(kinds.map((kind) => note(kind, '/'))).toEqual([undefined, undefined, undefined])
})

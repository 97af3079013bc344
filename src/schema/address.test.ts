import { describe, expect, it } from 'vitest'
import { parseAddress } from './address.ts'

// The notations and the sentences of refusal are golden files: test/config/listen-*.txt.
describe('parseAddress', () => {
  it('tells TLS from plain text', () => {
    expect(parseAddress('https://*:443')).toMatchObject({
      kind: 'ok',
      address: { tls: true, host: '', port: 443 },
    })
    expect(parseAddress('http://localhost:80/')).toMatchObject({
      kind: 'ok',
      address: { tls: false, host: 'localhost' },
    })
  })

  it('takes port 0 for a free port', () => {
    expect(parseAddress('127.0.0.1:0')).toMatchObject({ kind: 'ok', address: { port: 0 } })
  })

  it.each(['', 'a b:80', '256.1.1.1:80', '[::1]', '[::1:80', '::1', 'unix:@x', 'host:-1', 'host:8o'])(
    'refuses "%s"',
    (text) => {
      expect(parseAddress(text).kind).toBe('bad')
    },
  )

  it.each([
    ['fcgi://127.0.0.1:9000', '127.0.0.1:9000'],
    ['tcp://app:3031/', 'app:3031'],
    ['proxy:unix:/run/php/php-fpm.sock|fcgi://localhost/', 'unix:/run/php/php-fpm.sock'],
  ])('reads an address out of "%s", as others write it', (text, address) => {
    expect(parseAddress(text)).toMatchObject({ kind: 'bad', hint: `Write it as ${address}` })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientNetwork, formatIp, normalLiteral, parseIp } from './ip-address.ts'

function canonical(text: string): string | undefined {
  const octets = parseIp(text)
  return octets && formatIp(octets)
}

describe('an IP address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, shown) => {
    expect(canonical(text)).toBe(shown)
  })

  it.each([
    '',
    '1.2.3',
    '01.2.3.4',
    '256.1.1.1',
    'localhost',
    '[::1]',
    'fe80::1%eth0',
    '1::2::3',
    '::ffff:1.2',
  ])('"%s" is none', (text) => {
    expect(parseIp(text)).toBeUndefined()
  })

  it('comes back from its text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const octets = parseIp(text)
        expect(octets).toBeDefined()
        expect(parseIp(formatIp(octets as Uint8Array))).toEqual(octets)
      }),
    )
  })
})

describe('normalLiteral', () => {
  it.each([
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['[2001:DB8::0:1]', '[2001:db8::1]'],
    ['[::ffff:c000:201]', '[::ffff:192.0.2.1]'],
    ['[1.2.3.4]', '[1.2.3.4]'],
    ['[x::]', '[x::]'],
    ['example.com', 'example.com'],
    ['', ''],
  ])('of "%s" is %s', (host, normal) => {
    expect(normalLiteral(host)).toBe(normal)
  })
})

describe('clientNetwork', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['::1', '::/64'],
    ['', ''],
  ])('of "%s" is %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network)
  })
})

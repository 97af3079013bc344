import { describe, expect, it } from 'vitest'
import { parseIp } from '../ip-address.ts'
import { liesWithin, parseNetwork } from './network.ts'

function why(text: string): string {
  const parsed = parseNetwork(text)
  return parsed.kind === 'bad' ? parsed.why : 'ok'
}

function holds(network: string, address: string): boolean {
  const parsed = parseNetwork(network)
  const octets = parseIp(address)
  if (parsed.kind === 'bad' || octets === undefined) throw new Error(`${network} or ${address} is not valid`)
  return liesWithin([parsed.network], octets)
}

describe('a network', () => {
  it.each([
    '127.0.0.1',
    '10.0.0.0/8',
    '::1',
    'fd00::/8',
    '0.0.0.0/0',
    '::/128',
    '10.0.0.1/32',
    '::ffff:10.0.0.0/104',
  ])('takes %s', (text) => {
    expect(why(text)).toBe('ok')
  })

  it.each(['', 'localhost', '10.0.0/8', 'fe80::1%eth0', '/8'])('refuses "%s"', (text) => {
    expect(why(text)).toBe(`"${text}" is not an IP address or a network`)
  })

  it.each([
    '10.0.0.0/33',
    '::/129',
    '1.2.3.4/',
    '1.2.3.4/-1',
    '1.2.3.4/8/8',
    '1.2.3.4/+8',
    '::ffff:1.2.3.4/90',
  ])('refuses the prefix length of "%s"', (text) => {
    expect(why(text)).toContain('its prefix length is a number from')
  })

  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['192.168.1.1/30', '192.168.1.0/30'],
    ['2001:db8::1/32', '2001:db8::/32'],
    ['1.2.3.4/0', '0.0.0.0/0'],
  ])('says for %s which network is meant', (text, network) => {
    expect(parseNetwork(text)).toMatchObject({
      kind: 'bad',
      hint: expect.stringContaining(`Write ${network}, or`),
    })
  })

  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.168.1.128/25', '192.168.1.200', true],
    ['192.168.1.128/25', '192.168.1.127', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['::/0', '203.0.113.9', false],
    ['::1', '0.0.0.1', false],
  ])('%s and %s: %s', (network, address, expected) => {
    expect(holds(network, address)).toBe(expected)
  })
})

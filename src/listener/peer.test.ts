import { describe, expect, it } from 'vitest'
import { nobody, plainAddress, proxiedPeer } from './peer.ts'

const proxy = { ...nobody, remoteAddress: '10.0.0.1', remotePort: 5, localPort: 80, trusted: true }
const trusts = (address: string): boolean => address.startsWith('10.')
const client = {
  sourceAddress: '203.0.113.5',
  sourcePort: 4711,
  destinationAddress: '192.0.2.1',
  destinationPort: 443,
}

describe('proxiedPeer', () => {
  it('has the ends that the header names, and no trust that its address does not have', () => {
    expect(proxiedPeer(proxy, client, trusts)).toEqual({
      remoteAddress: '203.0.113.5',
      remotePort: 4711,
      localAddress: '192.0.2.1',
      localPort: 443,
      scheme: 'http',
      trusted: false,
    })
    expect(proxiedPeer(proxy, { ...client, sourceAddress: '10.9.9.9' }, trusts).trusted).toBe(true)
  })

  it('is the proxy where that speaks for itself, and trusts nobody where the client is unknown', () => {
    expect(proxiedPeer(proxy, 'local', trusts)).toBe(proxy)
    expect(proxiedPeer(proxy, 'unknown', trusts)).toEqual({
      ...proxy,
      unknownClient: 'unknown, of 10.0.0.1',
      trusted: false,
    })
    expect(proxiedPeer(proxy, 'unix', trusts)).toBe(nobody)
  })
})

describe('plainAddress', () => {
  it('writes IPv4 in the form of IPv6 as IPv4', () => {
    expect(['::ffff:192.0.2.1', '::1', '192.0.2.1'].map(plainAddress)).toEqual([
      '192.0.2.1',
      '::1',
      '192.0.2.1',
    ])
  })
})

import { describe, expect, it } from 'vitest'
import { preferredCoding, preferredCodings } from './accept-encoding.ts'

const order = (value: string | undefined): string => preferredCodings(value).key

describe('preferredCodings', () => {
  it('takes files as they are when nothing is said', () => {
    expect([order(undefined), order('')]).toEqual(['identity', 'identity'])
  })

  it('follows the weights, then our own order', () => {
    expect(order('gzip, deflate, br, zstd')).toBe('br zstd gzip identity')
    expect(order('gzip;q=1.0, br;q=0.5')).toBe('gzip br identity')
    expect(order('gzip;q=0.5, identity')).toBe('identity gzip')
    expect(order('gzip, identity')).toBe('gzip identity')
    expect(order('GZIP ; Q=0.001')).toBe('gzip identity')
    expect(order('x-gzip')).toBe('gzip identity')
  })

  it('knows what is refused', () => {
    expect(order('br;q=0, gzip')).toBe('gzip identity')
    expect(order('gzip, identity;q=0')).toBe('gzip')
    expect(order('gzip, *;q=0')).toBe('gzip')
    expect(order('identity;q=1, *;q=0')).toBe('identity')
    expect(order('*;q=0')).toBe('')
    expect(order('*')).toBe('br zstd gzip identity')
    expect(order('*;q=0.5, gzip')).toBe('gzip br zstd identity')
    expect(order('*, br;q=0')).toBe('zstd gzip identity')
  })

  it('passes over elements that are none', () => {
    expect(order('gzip;q=2, br;q=abc, , zstd;level=3, deflate')).toBe('identity')
    expect(order('gzip;q=0.1234, br')).toBe('br identity')
    expect(order('g zip, br')).toBe('br identity')
  })
})

describe('preferredCoding', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0.5, gzip;q=0.8', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['*;q=0, gzip', 'gzip'],
    ['identity, gzip;q=0.5', undefined],
    ['identity;q=0.5, gzip', 'gzip'],
    ['gzip;q=0', undefined],
    ['deflate', undefined],
    [undefined, undefined],
    [`gzip${' '.repeat(50_000)}x`, undefined],
  ])('takes of %j %j', (accept, coding) => {
    expect(preferredCoding(accept, ['br', 'gzip'])).toBe(coding)
  })
})

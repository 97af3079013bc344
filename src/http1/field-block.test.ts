import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFieldBlock } from './field-block.ts'

const many = 100

describe('readFieldBlock', () => {
  it('knows lines that came lately, and gives what they were read as', () => {
    const lines = 'Host: a.example\r\nConnection: Keep-Alive, TE\r\nX-One:  1 \r\n'
    const first = readFieldBlock(lines, many)
    expect(first).toMatchObject({
      fields: ['Host', 'a.example', 'Connection', 'Keep-Alive, TE', 'X-One', '1'],
      authority: { host: 'a.example' },
      connection: 'keep-alive, te',
    })
    expect(readFieldBlock(lines.slice(0, 9) + lines.slice(9), many)).toBe(first)
  })

  it('refuses more fields than are allowed, though they were allowed before', () => {
    const lines = 'Host: a\r\nA: 1\r\nB: 2\r\n'
    expect(readFieldBlock(lines, 3)).toHaveProperty('fields')
    expect(readFieldBlock(lines, 2)).toMatchObject({ kind: 'bad', status: 431 })
    expect(readFieldBlock(lines, 3)).toHaveProperty('fields')
  })

  it('refuses what is not valid as often as it comes', () => {
    const lines = 'Host: a\r\nHost: b\r\n'
    expect(readFieldBlock(lines, many)).toMatchObject({ kind: 'bad', status: 400 })
    expect(readFieldBlock(lines, many)).toMatchObject({ kind: 'bad', status: 400 })
  })

  // Values of one length in the same places: what a key made of a few octets would mix up.
  it('never gives one client what another one sent', () => {
    const value = fc.stringMatching(/^[a-z0-9]{6}$/)
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 40 }), (cookies) => {
        for (const cookie of [...cookies, ...cookies])
          expect(
            readFieldBlock(`Host: shop\r\nCookie: s=${cookie}; t=1\r\nAccept: */*\r\n`, many),
          ).toMatchObject({
            fields: ['Host', 'shop', 'Cookie', `s=${cookie}; t=1`, 'Accept', '*/*'],
          })
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatSize, parseSize } from './size.ts'

describe('parseSize', () => {
  it.each([
    ['500B', 500],
    ['64KiB', 65_536],
    ['1.5KiB', 1536],
    ['100MiB', 104_857_600],
    ['1GiB', 1_073_741_824],
    ['0', 0],
  ])('reads %s as %d octets', (text, octets) => {
    expect(parseSize(text)).toEqual({ kind: 'ok', octets })
  })

  it('names the binary unit for a decimal one', () => {
    expect(parseSize('5MB')).toMatchObject({ kind: 'bad', hint: 'Write 5MiB' })
    expect(parseSize('5k')).toMatchObject({ kind: 'bad', hint: 'Write 5KiB' })
  })

  it.each([100, 'much', '-1B', '99999999TiB', '3X'])('refuses "%s"', (text) => {
    expect(parseSize(text).kind).toBe('bad')
  })
})

describe('formatSize', () => {
  it('writes what parseSize reads back', () => {
    fc.assert(
      fc.property(fc.nat(), (octets) => {
        expect(parseSize(formatSize(octets))).toEqual({ kind: 'ok', octets })
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ByteRange, contentRange, decideRanges, maxGapBytes, maxRanges } from './range.ts'

/** '0-9 20-29', or the word for it. */
function decided(value: string, size = 1000): string {
  const ranges = decideRanges(value, size)
  return typeof ranges === 'string' ? ranges : ranges.map(({ start, end }) => `${start}-${end - 1}`).join(' ')
}

describe('decideRanges', () => {
  it('understands positions, open ends and suffixes, cut to the size', () => {
    expect(decided('bytes=0-8')).toBe('0-8')
    expect(decided('bytes=990-')).toBe('990-999')
    expect(decided('bytes=-10')).toBe('990-999')
    expect(decided('bytes=-2000')).toBe('0-999')
    expect(decided('bytes=5-99999')).toBe('5-999')
    expect(decided('bytes=0-999999999999999999999999')).toBe('0-999')
    expect(decided('BYTES=007-0008')).toBe('7-8')
  })

  it('says when nothing of what was asked for is there', () => {
    for (const value of ['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', 'bytes=2000-, -0']) {
      expect([value, decided(value)]).toEqual([value, 'unsatisfiable'])
    }
    expect(decided('bytes=1000-, 0-8')).toBe('0-8')
  })

  it('ignores what is not valid, other units, and every range of nothing', () => {
    const values = [
      'bytes=abc',
      'bytes',
      'bytes=',
      'bytes=,',
      'bytes=5-3',
      'bytes=0-1,x',
      'bytes=--1',
      'bytes=1',
    ]
    const more = [
      'lines=0-1',
      'bytes =0-1',
      'bytes= 0 - 1',
      'bytes=99999999999999999999-99999999999999999998',
    ]
    for (const value of [...values, ...more]) expect([value, decided(value)]).toEqual([value, 'whole'])
    expect(decided('bytes=0-8', 0)).toBe('whole')
    expect(decided('bytes=-8', 0)).toBe('whole')
  })

  it('allows blanks and empty elements in the list', () => {
    expect(decided('bytes= 0-8 ,\t, 500-508,')).toBe('0-8 500-508')
  })

  it('keeps the order of the ranges and joins those that touch or nearly do', () => {
    expect(decided('bytes=500-599,0-99')).toBe('500-599 0-99')
    expect(decided('bytes=0-99,50-149')).toBe('0-149')
    expect(decided('bytes=0-99,100-149')).toBe('0-149')
    expect(decided(`bytes=0-99,${100 + maxGapBytes}-400`)).toBe('0-400')
    expect(decided(`bytes=0-99,${101 + maxGapBytes}-400`)).toBe(`0-99 ${101 + maxGapBytes}-400`)
    expect(decided('bytes=0-9,900-909,400-409,100-500')).toBe('0-500 900-909')
    expect(decided('bytes=0-,0-,0-,0-')).toBe('0-999')
  })

  it('ignores a field with more ranges than the limit', () => {
    const many = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, i) => `${i * 1000}-${i * 1000}`)}`
    expect(decideRanges(many(maxRanges), 1e6).length).toBe(maxRanges)
    expect(decideRanges(many(maxRanges + 1), 1e6)).toBe('whole')
    expect(decideRanges(`bytes=${'0-,'.repeat(100_000)}`, 1e6)).toBe('whole')
  })

  it('sends every octet that was asked for once, and few others', () => {
    const asked = fc.array(fc.tuple(fc.nat(1200), fc.nat(300)), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 1000 }), (list, size) => {
        const value = `bytes=${list.map(([start, length]) => `${start}-${start + length}`)}`
        const ranges = decideRanges(value, size)
        const wanted = new Set(list.flatMap(([s, n]) => Array.from({ length: n + 1 }, (_, i) => s + i)))
        const inside = [...wanted].filter((at) => at < size)
        if (inside.length === 0) {
          expect(ranges).toBe('unsatisfiable')
          return
        }
        const sent = (ranges as readonly ByteRange[]).flatMap(({ start, end }) =>
          Array.from({ length: end - start }, (_, i) => start + i),
        )
        expect(new Set(sent).size).toBe(sent.length)
        expect(inside.every((at) => sent.includes(at))).toBe(true)
        expect(sent.every((at) => at < size)).toBe(true)
      }),
    )
  })
})

describe('contentRange', () => {
  it('counts from zero and names the last octet', () => {
    expect(contentRange({ start: 0, end: 9 }, 1000)).toBe('bytes 0-8/1000')
    expect(contentRange(undefined, 1000)).toBe('bytes */1000')
  })
})

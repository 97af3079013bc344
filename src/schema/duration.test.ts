import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['0', 0],
    [0, 0],
    [' 2 s ', 2000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toEqual({ kind: 'ok', ms })
  })

  it('says that units are needed', () => {
    expect(parseDuration(30)).toMatchObject({
      kind: 'bad',
      why: '"30" has no unit',
      hint: expect.stringContaining('30s'),
    })
  })

  it.each(['', 'fast', '-1s', '1 w', '1e3s', '25d'])('refuses "%s"', (text) => {
    expect(parseDuration(text).kind).toBe('bad')
  })
})

describe('formatDuration', () => {
  it('writes what parseDuration reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toEqual({ kind: 'ok', ms })
      }),
    )
  })

  it('takes the largest unit that divides', () => {
    expect([0, 1500, 60_000, 90_000, 86_400_000].map(formatDuration)).toEqual([
      '0',
      '1500ms',
      '1m',
      '90s',
      '1d',
    ])
  })
})

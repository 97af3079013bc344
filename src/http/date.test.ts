import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateField, formatHttpDate, parseHttpDate } from './date.ts'

const now = Date.UTC(2026, 0, 1)
const example = Date.UTC(1994, 10, 6, 8, 49, 37)

describe('formatHttpDate', () => {
  it('writes IMF-fixdate and cuts off fractions', () => {
    expect(formatHttpDate(example)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
    expect(formatHttpDate(example + 999.9)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
  })
})

describe('dateField', () => {
  it('changes with the second and not before', () => {
    expect(dateField(example)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
    expect(dateField(example + 999)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
    expect(dateField(example + 1000)).toBe('Sun, 06 Nov 1994 08:49:38 GMT')
    expect(dateField(example)).toBe('Sun, 06 Nov 1994 08:49:37 GMT')
  })
})

describe('parseHttpDate', () => {
  it('reads the three forms', () => {
    expect(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT', now)).toBe(example)
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', now)).toBe(example)
    expect(parseHttpDate('Sun Nov  6 08:49:37 1994', now)).toBe(example)
    expect(parseHttpDate('Wed Nov 16 08:49:37 1994', now)).toBe(example + 10 * 86_400_000)
  })

  it('takes a two-digit year for the last one that fits', () => {
    expect(parseHttpDate('Sunday, 06-Nov-76 00:00:00 GMT', now)).toBe(Date.UTC(2076, 10, 6))
    expect(parseHttpDate('Sunday, 06-Nov-77 00:00:00 GMT', now)).toBe(Date.UTC(1977, 10, 6))
  })

  it('reads leap seconds and leap days', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', now)).toBe(Date.UTC(2017, 0, 1))
    expect(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT', now)).toBe(Date.UTC(2024, 1, 29))
    expect(parseHttpDate('Sun, 01 Jan 0050 00:00:00 GMT', now)).toBe(-60589296000000)
  })

  it('refuses everything else', () => {
    const wrong = [
      ...[
        '',
        'garbage',
        '784111777',
        '1994-11-06T08:49:37Z',
        'Sun, 06 Nov 1994 08:49:37',
        'Sun, 06 Nov 1994 08:49:37 UTC',
      ],
      ...['Sun, 6 Nov 1994 08:49:37 GMT', 'Sun, 06 nov 1994 08:49:37 GMT', 'Sun,06 Nov 1994 08:49:37 GMT'],
      ...['Sun, 06 Nov 94 08:49:37 GMT', 'Sun, 06 Nov 1994 24:00:00 GMT', 'Sun, 06 Nov 1994 08:60:00 GMT'],
      ...['Sun, 31 Feb 1994 08:49:37 GMT', 'Sun, 00 Nov 1994 08:49:37 GMT', 'Sun, 29 Feb 2023 08:49:37 GMT'],
      ...['Sun, 06 Nov 1994 08:49:61 GMT', ' Sun, 06 Nov 1994 08:49:37 GMT', 'Sun Nov 6 08:49:37 1994'],
      ...['Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT', 'Sun, 06-Nov-94 08:49:37 GMT'],
    ]
    for (const text of wrong) expect([text, parseHttpDate(text, now)]).toEqual([text, undefined])
  })

  it('reads back what was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253402300799 }), (seconds) => {
        expect(parseHttpDate(formatHttpDate(seconds * 1000), now)).toBe(seconds * 1000)
      }),
    )
  })
})

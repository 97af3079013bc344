import { describe, expect, it } from 'vitest'
import { parseRate } from './rate.ts'

describe('parseRate', () => {
  it.each([
    ['10/s', 10, 1000],
    ['600 / m', 600, 60_000],
    ['5/h', 5, 3_600_000],
    ['1/d', 1, 86_400_000],
  ])('reads %s as %d requests in %d ms', (text, requests, per) => {
    expect(parseRate(text)).toEqual({ kind: 'ok', rate: { requests, per } })
  })

  it.each(['off', '0', 0, false])('takes %s for none', (text) => {
    expect(parseRate(text)).toEqual({ kind: 'ok', rate: false })
  })

  it.each([5, true, '', '10', '10/', '/s', '-1/s', '1.5/s', '0/s', '10/min', '10/s/s', '9999999/s'])(
    'refuses "%s"',
    (text) => {
      expect(parseRate(text).kind).toBe('bad')
    },
  )
})

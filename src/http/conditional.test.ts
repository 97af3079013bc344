import { describe, expect, it } from 'vitest'
import { type Condition, decideConditions } from './conditional.ts'

const now = Date.UTC(2026, 0, 1)
const modified = Date.UTC(2025, 5, 1, 12, 0, 0)
const same = 'Sun, 01 Jun 2025 12:00:00 GMT'
const before = 'Sun, 01 Jun 2025 11:59:59 GMT'
const after = 'Sun, 01 Jun 2025 12:00:01 GMT'

function decide(...fields: string[]): Condition {
  return decideConditions(fields, { etag: '"e"', lastModifiedMs: modified + 500 }, now)
}

describe('decideConditions', () => {
  it('proceeds without conditions', () => {
    expect(decide()).toBe('proceed')
    expect(decide('Host', 'x', 'If-Range', '"e"', 'in-x-none-match', '"e"')).toBe('proceed')
  })

  it('decides If-None-Match by weak comparison', () => {
    expect(decide('If-None-Match', '"e"')).toBe(304)
    expect(decide('if-none-match', 'W/"e"')).toBe(304)
    expect(decide('IF-NONE-MATCH', '"x", "e"')).toBe(304)
    expect(decide('If-None-Match', '"x"', 'If-None-Match', '"e"')).toBe(304)
    expect(decide('If-None-Match', '*')).toBe(304)
    expect(decide('If-None-Match', '"x"')).toBe('proceed')
    expect(decide('If-None-Match', 'e')).toBe('proceed')
  })

  it('decides If-Match by strong comparison', () => {
    expect(decide('If-Match', '"e"')).toBe('proceed')
    expect(decide('If-Match', '*')).toBe('proceed')
    expect(decide('If-Match', '"x", "e"')).toBe('proceed')
    expect(decide('If-Match', 'W/"e"')).toBe(412)
    expect(decide('If-Match', '"x"')).toBe(412)
    expect(decide('If-Match', 'broken')).toBe(412)
  })

  it('compares dates in whole seconds', () => {
    expect(decide('If-Modified-Since', same)).toBe(304)
    expect(decide('If-Modified-Since', after)).toBe(304)
    expect(decide('If-Modified-Since', before)).toBe('proceed')
    expect(decide('If-Unmodified-Since', same)).toBe('proceed')
    expect(decide('If-Unmodified-Since', before)).toBe(412)
  })

  it('ignores dates that are not valid', () => {
    expect(decide('If-Modified-Since', 'garbage')).toBe('proceed')
    expect(decide('If-Modified-Since', same, 'If-Modified-Since', same)).toBe('proceed')
    expect(decide('If-Unmodified-Since', 'garbage')).toBe('proceed')
  })

  it('keeps the order of precedence', () => {
    expect(decide('If-None-Match', '"x"', 'If-Modified-Since', same)).toBe('proceed')
    expect(decide('If-None-Match', '"e"', 'If-Modified-Since', before)).toBe(304)
    expect(decide('If-Match', '"e"', 'If-Unmodified-Since', before)).toBe('proceed')
    expect(decide('If-Match', '"x"', 'If-None-Match', '"e"')).toBe(412)
    expect(decide('If-Match', '"e"', 'If-None-Match', '"e"')).toBe(304)
    expect(decide('If-Unmodified-Since', same, 'If-Modified-Since', same)).toBe(304)
  })

  it('skips conditions on validators that do not exist', () => {
    const none = { etag: undefined, lastModifiedMs: undefined }
    expect(decideConditions(['If-None-Match', '"e"'], none, now)).toBe('proceed')
    expect(decideConditions(['If-None-Match', '*'], none, now)).toBe(304)
    expect(decideConditions(['If-Match', '"e"'], none, now)).toBe(412)
    expect(decideConditions(['If-Modified-Since', after], none, now)).toBe('proceed')
    expect(decideConditions(['If-Unmodified-Since', before], none, now)).toBe('proceed')
  })
})

import { describe, expect, it } from 'vitest'
import { equalStrongly, equalWeakly, fileEtag, parseEntityTags } from './etag.ts'

describe('fileEtag', () => {
  it('changes with size, nanoseconds of both times, and inode', () => {
    const state = {
      size: 10n,
      mtimeNs: 1_700_000_000_000_000_001n,
      ctimeNs: 1_700_000_000_000_000_001n,
      ino: 7n,
    }
    const tags = [
      state,
      { ...state, size: 11n },
      { ...state, mtimeNs: state.mtimeNs + 1n },
      { ...state, ctimeNs: state.ctimeNs + 1n },
      { ...state, ino: 8n },
    ]
    expect(new Set(tags.map(fileEtag)).size).toBe(5)
    expect(fileEtag(state)).toMatch(/^"[a-z0-9-]+"$/)
  })
})

describe('parseEntityTags', () => {
  it('reads a star and lists', () => {
    expect(parseEntityTags(' * ')).toEqual({ kind: 'any' })
    expect(parseEntityTags('"a"')).toEqual({ kind: 'tags', tags: ['"a"'] })
    expect(parseEntityTags('W/"a" ,\t"b,c" , ""')).toEqual({ kind: 'tags', tags: ['W/"a"', '"b,c"', '""'] })
    expect(parseEntityTags(', ,"a",,')).toEqual({ kind: 'tags', tags: ['"a"'] })
    expect(parseEntityTags('"\xe9\\"')).toEqual({ kind: 'tags', tags: ['"\xe9\\"'] })
  })

  it('refuses what is not a list of tags', () => {
    for (const value of ['', ',', 'a', '"a', 'a"', '"a" "b"', 'w/"a"', 'W/ "a"', '"a b"', '*, "a"', "'a'"]) {
      expect([value, parseEntityTags(value)]).toEqual([value, { kind: 'bad' }])
    }
  })

  it('takes time in proportion to the length', () => {
    const started = performance.now()
    parseEntityTags('"a",'.repeat(8_000))
    parseEntityTags(`${' '.repeat(32_000)}x`)
    parseEntityTags(`"a"${' '.repeat(32_000)}x`)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('comparison', () => {
  it('follows the table of RFC 9110 section 8.8.3.2', () => {
    const rows = [
      { a: 'W/"1"', b: 'W/"1"', strong: false, weak: true },
      { a: 'W/"1"', b: 'W/"2"', strong: false, weak: false },
      { a: 'W/"1"', b: '"1"', strong: false, weak: true },
      { a: '"1"', b: '"1"', strong: true, weak: true },
    ]
    for (const { a, b, strong, weak } of rows) {
      expect([equalStrongly(a, b), equalStrongly(b, a), equalWeakly(a, b)]).toEqual([strong, strong, weak])
    }
  })
})

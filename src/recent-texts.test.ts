import { describe, expect, it } from 'vitest'
import { RecentTexts } from './recent-texts.ts'

describe('RecentTexts', () => {
  it('gives what was set for the very same text, and for no other', () => {
    const recent = new RecentTexts<number>()
    const texts = Array.from({ length: 2000 }, (_, i) => `Host: h${i % 7}\r\nCookie: s=${i}\r\n`)
    for (const [i, text] of texts.entries()) {
      recent.set(text, i)
      expect(recent.get(`${text.slice(0, 3)}${text.slice(3)}`)).toBe(i)
    }
    // Later ones have displaced most, and nothing is given for another.
    const left = texts.flatMap((text, i) => (recent.get(text) === undefined ? [] : [[i, recent.get(text)]]))
    expect(left.length).toBeGreaterThan(0)
    expect(left.length).toBeLessThanOrEqual(64)
    for (const [i, value] of left) expect(value).toBe(i)
  })

  it('takes short and empty texts, and keeps no long one', () => {
    const recent = new RecentTexts<string>()
    for (const text of ['', 'a', 'ab', 'x'.repeat(2048)]) {
      recent.set(text, `of ${text}`)
      expect(recent.get(text)).toBe(`of ${text}`)
    }
    recent.set('x'.repeat(2049), 'too long')
    expect(recent.get('x'.repeat(2049))).toBeUndefined()
  })
})

import { STATUS_CODES } from 'node:http'
import { describe, expect, it } from 'vitest'
import { endsWithHead, reasonPhrase } from './status.ts'

describe('reasonPhrase', () => {
  it('knows every status that node knows, in the words of RFC 9110', () => {
    const newer: Record<string, string> = { '413': 'Content Too Large', '422': 'Unprocessable Content' }
    // 418 and 509 are not registered.
    const known = Object.entries(STATUS_CODES).filter(([status]) => status !== '418' && status !== '509')
    for (const [status, phrase] of known) {
      expect([status, reasonPhrase(Number(status))]).toEqual([status, newer[status] ?? phrase])
    }
    expect(reasonPhrase(299)).toBe('')
  })
})

describe('endsWithHead', () => {
  it('names 1xx, 204 and 304', () => {
    expect([100, 101, 103, 199, 204, 304].every(endsWithHead)).toBe(true)
    expect([200, 205, 301, 404, 500].some(endsWithHead)).toBe(false)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AccessEntry, accessLineFor } from './access-line.ts'
import { clfDate } from './clf-date.ts'

const wallMs = Date.UTC(2026, 10, 22, 17, 5, 0, 7)
const date = clfDate(wallMs)
const entry: AccessEntry = {
  remoteAddress: '192.0.2.7',
  user: '',
  wallMs,
  method: 'GET',
  target: '/shop?q=1',
  path: '/shop',
  version: '1.1',
  status: 200,
  sentBytes: 2326,
  referer: 'http://example.com/',
  userAgent: 'curl/8.0',
  requestId: 'abc123',
  tookMs: 12.34,
  host: 'example.com',
  mount: '/shop',
  worker: 'shop-1',
}
const combined = accessLineFor('combined')
const common = accessLineFor('common')
const json = accessLineFor('json')

describe('accessLineFor', () => {
  it('writes the combined format with request id and milliseconds at its end', () => {
    expect(combined(entry)).toBe(
      `192.0.2.7 - - ${date} "GET /shop?q=1 HTTP/1.1" 200 2326 "http://example.com/" "curl/8.0" abc123 12.3\n`,
    )
  })

  it('writes the common format with request id and milliseconds at its end', () => {
    expect(common(entry)).toBe(`192.0.2.7 - - ${date} "GET /shop?q=1 HTTP/1.1" 200 2326 abc123 12.3\n`)
  })

  it('writes a hyphen for what is not there', () => {
    const bare = {
      ...entry,
      remoteAddress: '',
      method: '',
      sentBytes: 0,
      referer: '',
      userAgent: '',
      tookMs: 0.02,
    }
    expect(combined(bare)).toBe(`- - - ${date} "-" 200 - "-" "-" abc123 0.0\n`)
  })

  it('names the authenticated user', () => {
    expect(common({ ...entry, user: 'ann' })).toContain(`192.0.2.7 - ann ${date}`)
  })

  it('escapes as Apache does', () => {
    const userAgent = 'a"b\\c\b\n\r\t\v\f\x1b\x7f\xc3\xa9'
    expect(combined({ ...entry, userAgent })).toContain(
      ' "a\\"b\\\\c\\b\\n\\r\\t\\v\\x0c\\x1b\\x7f\\xc3\\xa9" abc123',
    )
  })

  it('escapes the request line and the user as well', () => {
    const line = common({ ...entry, target: '/"\xff', user: 'a"b' })
    expect(line).toContain('"GET /\\"\\xff HTTP/1.1"')
    expect(line).toContain(' - a\\"b [')
  })

  it('shows text that is not a ByteString as UTF-8 octets', () => {
    expect(combined({ ...entry, userAgent: '店' })).toContain('"\\xe5\\xba\\x97"')
  })

  it('writes one JSON object a line', () => {
    expect(JSON.parse(json(entry))).toEqual({
      time: '2026-11-22T17:05:00.007Z',
      remote_address: '192.0.2.7',
      user: '',
      host: 'example.com',
      method: 'GET',
      target: '/shop?q=1',
      version: '1.1',
      status: 200,
      sent_bytes: 2326,
      referer: 'http://example.com/',
      user_agent: 'curl/8.0',
      request_id: 'abc123',
      took_ms: 12.3,
      mount: '/shop',
      worker: 'shop-1',
    })
  })

  it('keeps every ByteString on one printable ASCII line and, in JSON, unchanged', () => {
    const byteString = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
    })
    fc.assert(
      fc.property(byteString, byteString, (target, userAgent) => {
        const odd = { ...entry, target, userAgent }
        expect(combined(odd)).toMatch(/^[\x20-\x7e]+\n$/)
        expect(json(odd)).toMatch(/^[\x20-\x7e]+\n$/)
        expect(JSON.parse(json(odd))).toMatchObject({ target, user_agent: userAgent })
      }),
    )
  })
})

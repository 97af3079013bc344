import { describe, expect, it } from 'vitest'
import { mediaType } from './media-type.ts'

describe('mediaType', () => {
  it('sends text as UTF-8', () => {
    expect(mediaType('/a.html')).toBe('text/html; charset=utf-8')
    expect(mediaType('/a.css')).toBe('text/css; charset=utf-8')
    expect(mediaType('/a.js')).toBe('text/javascript; charset=utf-8')
    expect(mediaType('/a.mjs')).toBe('text/javascript; charset=utf-8')
    expect(mediaType('/a.TXT')).toBe('text/plain; charset=utf-8')
  })

  it('leaves the charset out where the format names its own', () => {
    expect(mediaType('/a.json')).toBe('application/json')
    expect(mediaType('/a.xml')).toBe('text/xml')
    expect(mediaType('/a.svg')).toBe('image/svg+xml')
    expect(mediaType('/a.wasm')).toBe('application/wasm')
  })

  it('goes by the last extension of the last segment', () => {
    expect(mediaType('/a.html.gz')).toBe('application/gzip')
    expect(mediaType('/dir.html/readme')).toBe('application/octet-stream')
    expect(mediaType('/favicon.ico')).toBe('image/vnd.microsoft.icon')
  })

  it('calls everything else an octet stream', () => {
    for (const name of ['/a', '/a.', '/.css', '/a.constructor', '/a.__proto__', '/a.\xe9', '/a.unknown']) {
      expect([name, mediaType(name)]).toEqual([name, 'application/octet-stream'])
    }
  })

  it('sends overrides as they are written', () => {
    const overrides = new Map([['html', 'text/html; charset=iso-8859-1']])
    expect(mediaType('/a.HTML', overrides)).toBe('text/html; charset=iso-8859-1')
    expect(mediaType('/a.css', overrides)).toBe('text/css; charset=utf-8')
  })
})

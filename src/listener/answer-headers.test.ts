import { describe, expect, it } from 'vitest'
import { errorAnswer } from '../handler/failure.ts'
import { AnswerHeaders } from './answer-headers.ts'

function applied(
  headers: Record<string, string | null>,
  fields: readonly string[],
  { kind = 'wsgi', status = 200 } = {},
): readonly string[] {
  return new AnswerHeaders(headers).apply({ status, fields, body: undefined }, kind).fields
}

describe('AnswerHeaders', () => {
  it('sets, replaces and removes fields, whatever their case', () => {
    const headers = { 'X-Frame-Options': 'DENY', 'x-powered-by': null }
    const fields = ['A', '1', 'x-frame-options', 'a', 'X-Powered-By', 'b', 'X-FRAME-OPTIONS', 'c', 'A', '2']
    expect(applied(headers, fields)).toEqual(['A', '1', 'A', '2', 'X-Frame-Options', 'DENY'])
    expect(applied(headers, [])).toEqual(['X-Frame-Options', 'DENY'])
    expect(new AnswerHeaders(headers).removesServer).toBe(false)
    expect(new AnswerHeaders({ SERVER: null }).removesServer).toBe(true)
  })

  it('adds to Vary, and removes only that of an application', () => {
    const negotiated = ['Vary', 'Accept-Encoding']
    expect(applied({ Vary: 'Origin' }, negotiated)).toEqual(['Vary', 'Accept-Encoding, Origin'])
    expect(applied({ Vary: 'accept-encoding' }, negotiated)).toEqual(negotiated)
    expect(applied({ vary: 'Origin, Cookie' }, ['VARY', 'Cookie', 'vary', 'A'])).toEqual([
      'Vary',
      'Cookie, A, Origin',
    ])
    expect(applied({ Vary: '*' }, negotiated)).toEqual(['Vary', '*'])
    expect(applied({ Vary: 'Origin' }, [])).toEqual(['Vary', 'Origin'])
    expect(applied({ Vary: null }, negotiated)).toEqual([])
    expect(applied({ Vary: null }, negotiated, { kind: 'files' })).toEqual(negotiated)
  })

  it('leaves alone what says where the parts of an answer begin', () => {
    const parts = ['Content-Type', 'multipart/byteranges; boundary=x']
    for (const value of ['text/plain', null])
      expect(applied({ 'content-type': value }, parts, { status: 206 })).toEqual(parts)
    expect(applied({ 'Content-Type': 'text/css' }, ['Content-Type', 'text/html'])).toEqual([
      'Content-Type',
      'text/css',
    ])
  })

  it('lets nobody keep what this server says of an error', () => {
    const long = { 'Cache-Control': 'public, max-age=86400', 'X-A': 'b' }
    const { fields } = new AnswerHeaders(long).apply(errorAnswer(404, 'id'), 'files')
    expect(fields.slice(-4)).toEqual(['Cache-Control', 'no-store', 'X-A', 'b'])
    expect(applied(long, ['Content-Range', 'bytes */3'], { kind: 'files', status: 416 })).toEqual([
      'Content-Range',
      'bytes */3',
      'X-A',
      'b',
    ])
    const ofApplication = applied(long, ['Cache-Control', 'no-store'], { status: 404 })
    expect(ofApplication).toEqual(['Cache-Control', 'public, max-age=86400', 'X-A', 'b'])
  })
})

import { describe, expect, it } from 'vitest'
import { findHeadEnd, parseCgiHead } from './cgi-response.ts'

describe('findHeadEnd', () => {
  it('finds the empty line whatever its line ends are', () => {
    for (const head of ['A: 1\n\n', 'A: 1\r\n\r\n', 'A: 1\n\r\n', 'A: 1\r\n\n', '\n', '\r\n']) {
      expect(findHeadEnd(Buffer.from(`${head}body\n\n`))).toBe(head.length)
    }
  })

  it('ends a head that is nothing but an empty line there, whatever has come behind it', () => {
    expect(findHeadEnd(Buffer.from('\n\n'))).toBe(1)
    expect(findHeadEnd(Buffer.from('\r\n\r\n'))).toBe(2)
  })

  it('waits for what has not come', () => {
    for (const head of ['', 'A', 'A: 1', 'A: 1\n', 'A: 1\r\n', 'A: 1\r\n\r']) {
      expect(findHeadEnd(Buffer.from(head))).toBe(-1)
    }
  })
})

describe('parseCgiHead', () => {
  it('answers 200 without a Status', () => {
    expect(parseCgiHead('Content-Type: text/plain\n\n')).toEqual({
      kind: 'ok',
      status: 200,
      hasStatus: false,
      reason: undefined,
      fields: ['Content-Type', 'text/plain'],
    })
  })

  it('takes status, reason and repeated fields as they were written', () => {
    const head = parseCgiHead('sTATUS: 299 Odd  Reason\r\nSet-Cookie: a\r\nset-cookie: b\r\nX:\r\n')
    expect(head).toEqual({
      kind: 'ok',
      status: 299,
      hasStatus: true,
      reason: 'Odd  Reason',
      fields: ['Set-Cookie', 'a', 'set-cookie', 'b', 'X', ''],
    })
  })

  it('keeps latin-1 octets and no blanks around a value', () => {
    expect(parseCgiHead('X: \t \xa0\xe9 \t\n')).toMatchObject({ fields: ['X', '\xa0\xe9'] })
  })

  it.each([
    ['no field', ''],
    ['a line without a colon', 'nothing here\n'],
    ['an empty name', ': 1\n'],
    ['a blank in the name', 'A B: 1\n'],
    ['a bare CR', 'A: 1\rB: 2\n'],
    ['a NUL', 'A: \0\n'],
    ['a folded line', 'A: 1\n 2\n'],
    ['a status without digits', 'Status: OK\n'],
    ['a status of two digits', 'Status: 20 OK\n'],
    ['two statuses', 'Status: 200 OK\nStatus: 201 Created\n'],
  ])('refuses %s', (_what, text) => {
    expect(parseCgiHead(text).kind).toBe('bad')
  })
})

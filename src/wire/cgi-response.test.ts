import { describe, expect, it } from 'vitest'
import { findHeadEnd, parseCgiHead, parseEitherHead, statusOfLine } from './cgi-response.ts'

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

describe('parseEitherHead', () => {
  it('takes status and reason from a status line, and a Status for a field like any other', () => {
    expect(parseEitherHead('HTTP/1.0 404 Nicht da\r\nStatus: 200 OK\r\nX: y\r\n\r\n')).toEqual({
      kind: 'ok',
      isHttp: true,
      status: 404,
      hasStatus: true,
      reason: 'Nicht da',
      fields: ['Status', '200 OK', 'X', 'y'],
    })
  })

  it.each(['HTTP/1.1 200', 'HTTP/1.1 200 \r\n\r\n', 'HTTP/1.1 200\n\n'])(
    'needs no reason and no field: %j',
    (text) => {
      expect(parseEitherHead(text)).toMatchObject({ kind: 'ok', status: 200, reason: undefined, fields: [] })
    },
  )

  it('reads what does not begin with HTTP/ as a CGI head', () => {
    expect(parseEitherHead('Status: 201 Made\n\n')).toEqual(parseCgiHead('Status: 201 Made\n\n'))
    expect(parseEitherHead('HTTP: x\n\n')).toMatchObject({ kind: 'ok', fields: ['HTTP', 'x'] })
  })

  it.each([
    'HTTP/1.1 OK\n\n',
    'HTTP/1.1 099 x\n\n',
    'HTTP/1 200 OK\n\n',
    'HTTP/1.1 200 a\rb\n\n',
    'HTTP/1.1 200 OK\nX\n\n',
  ])('refuses %j', (text) => {
    expect(parseEitherHead(text).kind).toBe('bad')
  })
})

describe('statusOfLine', () => {
  it('knows the status of a status line, and nothing else', () => {
    const lines = ['HTTP/1.0 200 OK', 'HTTP/1.1 404', 'HTTP/1.1 200OK', 'Status: 200', 'HTTP/1.1 600 x']
    expect(lines.map(statusOfLine)).toEqual([200, 404, undefined, undefined, undefined])
  })
})

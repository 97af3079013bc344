import { describe, expect, it } from 'vitest'
import { type ParserEvent, RequestParser } from './parser.ts'

const limits = { maxHeadBytes: 1024, maxFieldCount: 10, maxRequestLineBytes: 200 }

/**
 * Events as text, bodies joined, so that the outcome does not depend on how the bytes were cut. Lent ones are overwritten as
 * soon as that is allowed.
 */
function outcome(chunks: readonly Buffer[], isLent = false): string[] {
  const parser = new RequestParser(limits)
  const seen: string[] = []
  let body = ''
  const note = (event: ParserEvent): void => {
    if (event.kind === 'more') return
    if (event.kind === 'data') {
      body += event.bytes.toString('latin1')
      return
    }
    if (body !== '') seen.push(`data ${JSON.stringify(body)}`)
    body = ''
    if (event.kind === 'head') {
      const { method, target, version, framing, keepAlive, expectsContinue } = event.head
      const framed = framing.kind === 'sized' ? `sized ${framing.length}` : framing.kind
      seen.push(
        `head ${method} ${target.kind} ${target.path}?${target.query} ${version} ${framed} ${keepAlive} ${expectsContinue}`,
      )
    } else if (event.kind === 'bad') seen.push(`bad ${event.status}`)
    else if (event.kind === 'end') seen.push('end')
  }
  for (const chunk of chunks) {
    const pushed = isLent ? Buffer.from(chunk) : chunk
    parser.push(pushed, isLent)
    const first = parser.next()
    // Some of it is asked for only later, when the bytes are no longer those that were pushed.
    if (isLent) parser.keep()
    if (isLent) pushed.fill('!')
    for (let event = first; ; event = parser.next()) {
      note(event)
      if (event.kind === 'more' || event.kind === 'bad') break
    }
  }
  return seen.filter((text, i) => !(text.startsWith('bad') && seen[i - 1] === text))
}

/** The outcome, asserted to be the same whole, octet by octet and cut in two at every place. */
function parse(text: string): string[] {
  const bytes = Buffer.from(text, 'latin1')
  const whole = outcome([bytes])
  expect(outcome([...bytes].map((octet) => Buffer.from([octet])))).toEqual(whole)
  expect(outcome([bytes], true)).toEqual(whole)
  for (let cut = 1; cut < bytes.length; cut++) {
    const cuts = [bytes.subarray(0, cut), bytes.subarray(cut)]
    expect(outcome(cuts)).toEqual(whole)
    expect(outcome(cuts, true)).toEqual(whole)
  }
  return whole
}

const host = 'Host: localhost\r\n'

describe('RequestParser', () => {
  it('reads a request without a body', () => {
    expect(parse(`GET /a?b=c HTTP/1.1\r\n${host}\r\n`)).toEqual([
      'head GET origin /a?b=c 11 none true false',
      'end',
    ])
  })

  it('reads a sized body and the request behind it', () => {
    expect(
      parse(`POST / HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhelloGET /2 HTTP/1.1\r\n${host}\r\n`),
    ).toEqual([
      'head POST origin /? 11 sized 5 true false',
      'data "hello"',
      'end',
      'head GET origin /2? 11 none true false',
      'end',
    ])
  })

  it('reads a chunked body with extensions and trailers and drops both', () => {
    const body = '5;a=b\r\nhello\r\n1 ; x="q\\"q"\r\n!\r\n0\r\nX-T: 1\r\n\r\n'
    expect(parse(`POST / HTTP/1.1\r\n${host}Transfer-Encoding: Chunked\r\n\r\n${body}`)).toEqual([
      'head POST origin /? 11 chunked true false',
      'data "hello!"',
      'end',
    ])
  })

  it('keeps the raw fields in order, case and repeats', () => {
    const parser = new RequestParser(limits)
    parser.push(Buffer.from(`GET / HTTP/1.1\r\n${host}x-B: 1 \r\nX-a:\t2\r\nx-B: \r\n\r\n`, 'latin1'))
    const event = parser.next()
    expect(event.kind === 'head' && event.head.fields).toEqual([
      'Host',
      'localhost',
      'x-B',
      '1',
      'X-a',
      '2',
      'x-B',
      '',
    ])
  })

  it('skips empty lines before a request', () => {
    expect(parse(`\r\n\r\nGET / HTTP/1.1\r\n${host}\r\n`)).toEqual([
      'head GET origin /? 11 none true false',
      'end',
    ])
  })

  it('closes behind HTTP/1.0 unless the client asks otherwise', () => {
    expect(parse('GET / HTTP/1.0\r\n\r\n')).toEqual(['head GET origin /? 10 none false false', 'end'])
    expect(parse('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n')[0]).toContain('10 none true')
    expect(parse(`GET / HTTP/1.1\r\n${host}Connection: x, Close\r\n\r\n`)[0]).toContain('11 none false')
  })

  it('closes behind CONNECT: what follows was meant for a tunnel', () => {
    const connect = 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: 0\r\n\r\n'
    expect(parse(connect)[0]).toContain('authority ? 11 none false')
  })

  it('knows who waits for 100 (Continue)', () => {
    const post = `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nExpect: 100-Continue\r\n\r\nx`
    expect(parse(post)[0]).toContain('sized 1 true true')
    expect(parse(`GET / HTTP/1.1\r\n${host}Expect: 100-continue\r\n\r\n`)[0]).toContain('none true false')
    expect(parse(`GET / HTTP/1.1\r\n${host}Expect: tea\r\n\r\n`)).toEqual(['bad 417'])
  })

  it('takes the host of an absolute target that agrees with Host', () => {
    expect(parse(`GET http://localhost?x HTTP/1.1\r\n${host}\r\n`)[0]).toContain('absolute /?x')
    expect(parse(`GET http://other/ HTTP/1.1\r\n${host}\r\n`)).toEqual(['bad 400'])
    expect(parse('GET http://localhost/ HTTP/1.1\r\n\r\n')).toEqual(['bad 400'])
  })

  it.each([
    ['two blanks', 'GET  / HTTP/1.1\r\n\r\n', 400],
    ['no version', 'GET /\r\n\r\n', 400],
    ['another major version', 'GET / HTTP/2.0\r\n\r\n', 505],
    ['a long version', 'GET / HTTP/1.11\r\n\r\n', 400],
    ['the preface of HTTP/2 as a method', `PRI / HTTP/1.1\r\n${host}\r\n`, 400],
    ['CONNECT with a length', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\nx', 400],
    ['a chunked CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['a fragment', `GET /#a HTTP/1.1\r\n${host}\r\n`, 400],
    ['a NUL in the method', `G\0T / HTTP/1.1\r\n${host}\r\n`, 400],
    ['a bare LF', `GET / HTTP/1.1\n${host}\r\n`, 400],
    ['a bare CR', `GET / HTTP/1.1\r\n${host}X: a\rb\r\n\r\n`, 400],
    ['a blank before the colon', `GET / HTTP/1.1\r\n${host}X : 1\r\n\r\n`, 400],
    ['a folded line', `GET / HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`, 400],
    ['a line without a colon', `GET / HTTP/1.1\r\n${host}nothing\r\n\r\n`, 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', `GET / HTTP/1.1\r\n${host}${host}\r\n`, 400],
    ['a Host with a user', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n', 400],
    ['a Host with a bad port', 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n', 400],
    [
      'length and coding',
      `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    ['two lengths', `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 1\r\n\r\n`, 400],
    ['a tab before a length', `POST / HTTP/1.1\r\n${host}Content-Length:\t1\r\n\r\nx`, 400],
    ['a tab behind a length', `POST / HTTP/1.1\r\n${host}Content-Length: 1\t\r\n\r\nx`, 400],
    [
      'a tab behind a coding',
      `POST / HTTP/1.1\r\n${host}transfer-encoding: chunked \t \r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a negative length', `POST / HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, 400],
    ['a huge length', `POST / HTTP/1.1\r\n${host}Content-Length: 18446744073709551621\r\n\r\n`, 400],
    ['an unknown coding', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
    ['a coding in 1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['too many fields', `GET / HTTP/1.1\r\n${host}${'X: 1\r\n'.repeat(10)}\r\n`, 431],
    ['a large field', `GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(1024)}\r\n\r\n`, 431],
    ['a long request line', `GET /${'a'.repeat(300)} HTTP/1.1\r\n${host}\r\n`, 414],
  ])('refuses %s', (_what, text, status) => {
    expect(parse(text).at(-1)).toBe(`bad ${status}`)
  })

  it('draws its limits at the same octet however the head comes', () => {
    const line = (length: number): string => `GET /${'a'.repeat(length - 14)} HTTP/1.1\r\n${host}`
    expect(parse(`${line(200)}\r\n`)[0]).toContain('head GET')
    expect(parse(`${line(201)}\r\n`)).toEqual(['bad 414'])
    const head = (length: number): string => `${line(100)}X: ${'a'.repeat(length - 124)}\r\n`
    expect(parse(`${head(1024)}\r\n`)[0]).toContain('head GET')
    expect(parse(`${head(1025)}\r\n`)).toEqual(['bad 431'])
  })

  it('says the same of what is too long and wrong behind that, however it comes', () => {
    expect(parse(`GET /${'a'.repeat(300)}\n`)).toEqual(['bad 414'])
    expect(parse(`GET / HTTP/1.1\r\n${host}X: ${'a'.repeat(1024)}\n`)).toEqual(['bad 431'])
    const post = `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`
    expect(parse(`${post}5;a\r${'a'.repeat(300)}\r\n`).at(-1)).toBe('bad 400')
    expect(parse(`${post}5;${'a'.repeat(300)}\r${'a'.repeat(20)}\r\n`).at(-1)).toBe('bad 431')
  })

  it.each([
    ['a hexadecimal prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a sign', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a blank behind the size', '5 \r\nhello\r\n0\r\n\r\n'],
    ['a bare LF behind the size', '5\nhello\r\n0\r\n\r\n'],
    ['a size that is too small', '4\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond any file', 'FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n'],
    ['an underscore', '0_2\r\nxx\r\n0\r\n\r\n'],
    ['a NUL in an extension', '5;a\0b\r\nhello\r\n0\r\n\r\n'],
    ['a length in its trailers', '5\r\nhello\r\n0\r\ncontent-length: 3\r\n\r\n'],
    ['Connection in its trailers', '5\r\nhello\r\n0\r\nX: 1\r\nConnection: close\r\n\r\n'],
    ['a coding in its trailers', '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['a bare LF at the end', '5\r\nhello\r\n0\r\n\n'],
  ])('refuses a chunk with %s', (_what, body) => {
    expect(parse(`POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${body}`).at(-1)).toBe(
      'bad 400',
    )
  })

  it('bounds chunk extensions and trailers', () => {
    const head = `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`
    expect(outcome([Buffer.from(`${head}5;${'a'.repeat(300)}\r\nhello\r\n0\r\n\r\n`)]).at(-1)).toBe('bad 431')
    const line = `1;${'a'.repeat(200)}\r\nx\r\n`
    expect(outcome([Buffer.from(head + line.repeat(100))]).at(-1)).toBe('bad 400')
    expect(outcome([Buffer.from(`${head}0\r\n${'T: 1\r\n'.repeat(11)}\r\n`)]).at(-1)).toBe('bad 431')
    expect(outcome([Buffer.from(`${head}0\r\nT: ${'a'.repeat(2000)}`)]).at(-1)).toBe('bad 431')
  })

  it('waits for the rest of an incomplete head', () => {
    expect(outcome([Buffer.from('GET / HTT')])).toEqual([])
  })
})

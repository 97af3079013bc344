import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodePath, encodeQuery, normalizePath } from './path.ts'

function normal(raw: string): string {
  const path = normalizePath(raw)
  if (path.kind === 'bad') throw new Error(path.why)
  return path.path
}

function refusal(raw: string): string {
  const path = normalizePath(raw)
  return path.kind === 'bad' ? path.why : `ok: ${path.path}`
}

/** Paths from the pieces that attacks are made of. */
const hostilePath = fc
  .array(
    fc.constantFrom(
      ...[
        '/',
        '//',
        '.',
        '..',
        '/..',
        '/.',
        '%2e',
        '%2E%2E',
        '%2f',
        '%252e',
        '%',
        '%zz',
        '%00',
        '\\',
        '%5c',
        'a',
        'b;c',
      ],
      ...['%c0%ae', '%C3%A9', '\xe9', '%0d%0a', '%25', '..;', '~', 'index.html', '%7e', '%61', '%u2215'],
    ),
    { maxLength: 12 },
  )
  .map((pieces) => `/${pieces.join('')}`)

const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)) })

describe('normalizePath', () => {
  it('returns a plain path as it is', () => {
    for (const path of ['/', '/a', '/a/b/', '/a.b/c..d', '/a;b=c,d/(e)', '/a\\b', '/a\nb', '/\xe9']) {
      expect(normalizePath(path)).toEqual({ kind: 'ok', path })
    }
  })

  it('decodes percent escapes exactly once', () => {
    expect(normal('/%61%62')).toBe('/ab')
    expect(normal('/%2561')).toBe('/%61')
    expect(normal('/%252e%252e%252fetc')).toBe('/%2e%2e%2fetc')
    expect(normal('/caf%C3%A9')).toBe('/caf\xc3\xa9')
    expect(normal('/%ff%FE')).toBe('/\xff\xfe')
    expect(normal('/a%0d%0ab')).toBe('/a\r\nb')
  })

  it('collapses slashes and resolves dot segments', () => {
    expect(normal('//')).toBe('/')
    expect(normal('//evil.test//a')).toBe('/evil.test/a')
    expect(normal('/a/./b')).toBe('/a/b')
    expect(normal('/a/../b')).toBe('/b')
    expect(normal('/a/b/..')).toBe('/a/')
    expect(normal('/a/.')).toBe('/a/')
    expect(normal('/.')).toBe('/')
    expect(normal('/a//../b')).toBe('/b')
    expect(normal('/a/%2e%2E/b')).toBe('/b')
    expect(normal('/a/.../b')).toBe('/a/.../b')
    expect(normal('/.well-known/x')).toBe('/.well-known/x')
  })

  it('leaves alone what only looks like a dot segment', () => {
    expect(normal('/a/..;/b')).toBe('/a/..;/b')
    expect(normal('/..%5cb')).toBe('/..\\b')
    expect(normal('/%c0%ae%c0%ae%c0%afb')).toBe('/\xc0\xae\xc0\xae\xc0\xafb')
  })

  it('refuses what climbs above the root', () => {
    for (const raw of [
      '/..',
      '/../a',
      '/a/../..',
      '/a/../../b',
      '/%2e%2e/a',
      '/.%2e/a',
      '/./../a',
      '//../a',
      '/a//../../b',
    ]) {
      expect(refusal(raw)).toBe('the path climbs above the root')
    }
  })

  it('refuses NUL, also raw', () => {
    expect(refusal('/a%00.txt')).toBe('the path holds a NUL')
    expect(refusal('/a\0.txt')).toBe('the path holds a NUL')
  })

  it('refuses malformed escapes', () => {
    for (const raw of ['/%', '/%a', '/%zz', '/a%2', '/%%32%65', '/%u2215', '/%+1']) {
      expect(refusal(raw)).toBe('the path holds a percent sign without two hex digits')
    }
  })

  it('refuses an encoded slash, or takes it for a slash when told to', () => {
    expect(refusal('/a%2fb')).toBe('the path holds an encoded slash')
    expect(refusal('/a%2Fb')).toBe('the path holds an encoded slash')
    expect(normalizePath('/a%2f..%2fb', { encodedSlash: 'decode' })).toEqual({ kind: 'ok', path: '/b' })
    expect(normalizePath('/..%2fb', { encodedSlash: 'decode' }).kind).toBe('bad')
    expect(normal('/a%252fb')).toBe('/a%2fb')
  })

  it('refuses what does not start with a slash', () => {
    for (const raw of ['', '*', 'a/b', '%2fa', '\\a', '../a']) expect(normalizePath(raw).kind).toBe('bad')
  })

  it('never lets out a double slash, a dot segment or a NUL', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostilePath,
          octets.map((text) => `/${text}`),
        ),
        fc.boolean(),
        (raw, decode) => {
          const path = normalizePath(raw, { encodedSlash: decode ? 'decode' : 'refuse' })
          if (path.kind === 'bad') return
          expect(path.path).toMatch(/^\//)
          expect(path.path).not.toMatch(/\/\/|\/\.\.?(\/|$)|\0/)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('comes to the same path again from its encoded result', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostilePath,
          octets.map((text) => `/${text}`),
        ),
        (raw) => {
          const path = normalizePath(raw)
          if (path.kind === 'bad') return
          expect(normalizePath(encodePath(path.path))).toEqual(path)
          // A path without escapes is its own normal form: nothing is decoded twice.
          if (!path.path.includes('%')) expect(normalizePath(path.path)).toEqual(path)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('takes time in proportion to the length of a hostile path', () => {
    const started = performance.now()
    normalizePath('/..'.repeat(20_000))
    normalizePath(`${'/a'.repeat(20_000)}${'/..'.repeat(20_000)}`)
    normalizePath('/'.repeat(60_000))
    normalizePath(`/${'%2e'.repeat(20_000)}`)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('encodePath', () => {
  it('escapes everything that is not part of a path', () => {
    expect(encodePath('/a b?c#d%e"<>\\^`{|}')).toBe('/a%20b%3Fc%23d%25e%22%3C%3E%5C%5E%60%7B%7C%7D')
    expect(encodePath('/a\r\nSet-Cookie: x')).toBe('/a%0D%0ASet-Cookie:%20x')
    expect(encodePath('/caf\xc3\xa9\x7f')).toBe('/caf%C3%A9%7F')
    expect(encodePath("/-._~!$&'()*+,;=:@9")).toBe("/-._~!$&'()*+,;=:@9")
  })

  it('never names another host', () => {
    expect(encodePath('//evil.test')).toBe('/evil.test')
    expect(encodePath('/\\evil.test')).toBe('/%5Cevil.test')
    expect(encodePath('/\t/evil.test')).toBe('/%09/evil.test')
  })
})

describe('encodeQuery', () => {
  it('keeps escapes and delimiters and escapes what no URI may hold', () => {
    expect(encodeQuery('a=1&b=%20+/?:@')).toBe('a=1&b=%20+/?:@')
    expect(encodeQuery('a=<b> "\r\n\xe9')).toBe('a=%3Cb%3E%20%22%0D%0A%E9')
  })
})

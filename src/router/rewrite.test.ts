import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizePath } from '../http/path.ts'
import { Rewrite } from './rewrite.ts'
import { Router } from './router.ts'

function rules(table: Readonly<Record<string, string>>, status: number | null = null): Rewrite {
  return new Rewrite(Object.entries(table).map(([pattern, to]) => ({ pattern, to, status })))
}

/** 'path?query' or 'status location'. */
function one(pattern: string, to: string, path: string, query = '', status: number | null = null): string {
  const result = rules({ [pattern]: to }, status).apply(path, query)
  if (result === undefined) return 'as it is'
  if (result.kind === 'path') return result.query === '' ? result.path : `${result.path}?${result.query}`
  return result.kind === 'redirect' ? `${result.status} ${result.location}` : result.kind
}

describe('a rewrite rule', () => {
  it('takes the rest of the path as $1', () => {
    expect(one('/old/*', '/new/$1', '/old/a/b')).toBe('/new/a/b')
    expect(one('/old/*', '/new/$1', '/old/')).toBe('/new/')
    expect(one('/old/*', '/new/$1', '/old')).toBe('as it is')
    expect(one('/old/*', '/new/$1', '/x/old/a')).toBe('as it is')
    expect(one('/*.php', '/$1', '/a/b.php')).toBe('/a/b')
    expect(one('/aa*aa', '/$1', '/aaa')).toBe('as it is')
    expect(one('/\u00fc/*', '/\u00e4/$1', '/\xc3\xbc/x')).toBe('/\xc3\xa4/x')
  })

  it('takes segments by name', () => {
    expect(one('/u/:user/p/:id', '/x/:id/:user', '/u/ann/p/3')).toBe('/x/3/ann')
    for (const path of ['/u//p/3', '/u/ann/p/', '/u/ann/p/3/', '/u/ann/q/3'])
      expect(one('/u/:user/p/:id', '/x', path)).toBe('as it is')
    expect(one('/:a/*', '/$1?a=:a', '/b/c/d')).toBe('/c/d?a=b')
  })

  it('takes a colon inside a word of the target for text', () => {
    expect(one('/q', '/page?x=urn:isbn:1', '/q')).toBe('/page?x=urn:isbn:1')
    expect(one('/q/:id', '/page/urn:isbn:id', '/q/7')).toBe('/page/urn:isbn7')
    expect(() => rules({ '/q': '/page?x=:isbn' })).toThrow('":isbn"')
  })

  it('takes everything literally behind =', () => {
    expect(one('=/a*:b', '/x', '/a*:b')).toBe('/x')
    expect(one('=/a*:b', '/x', '/aa:b')).toBe('as it is')
  })

  it('keeps the query, or sets the one that is written', () => {
    expect(one('/a', '/b', '/a', 'q=1')).toBe('/b?q=1')
    expect(one('/a', '/b?r=2', '/a', 'q=1')).toBe('/b?r=2')
    expect(one('/a', '/b?', '/a', 'q=1')).toBe('/b')
    expect(one('/p/:id', '/p?id=:id&x=1', '/p/a&x=2+ #%?\xe9')).toBe('/p?id=a%26x%3D2%2B%20%23%25%3F%E9&x=1')
  })

  it('redirects where there is a status or a host', () => {
    expect(one('/a/*', '/b/$1', '/a/x y', 'q="', 301)).toBe('301 /b/x%20y?q=%22')
    expect(one('/a/*', 'https://h.test:8443/$1', '/a/\r\nX: y')).toBe('302 https://h.test:8443/%0D%0AX:%20y')
    expect(one('/a*', '/$1', '/a/evil.test/', '', 301)).toBe('301 /evil.test/')
    expect(one('/a/*', '/$1', '/a/\\evil.test/', '', 301)).toBe('301 /%5Cevil.test/')
  })

  it('gives a normal path, or none', () => {
    expect(one('/a/*', '/$1', '/a//b')).toBe('/b')
    expect(one('/a/:b', '/x/.:b', '/a/.')).toBe('/')
    expect(one('/a/:b', '/x/%:b', '/a/2e')).toBe('/x/%2e')
    expect(one('/a/:b/*', '/.:b/$1', '/a/./x')).toBe('bad')
    expect(one('/a/*', '//h.test/$1', '/a/x')).toBe('/h.test/x')
  })

  it('costs a long path its length', () => {
    const long = `/${'a/'.repeat(25_000)}`
    const many = rules({
      '/:a/:b/:c/*aab': '/x',
      '/*a/a/a/b': '/x',
      '/a/a/a/a/*/z': '/x',
      '/:a/a/:b/a/:c/*/end': '/x',
    })
    const start = performance.now()
    for (let i = 0; i < 100; i++) expect(many.apply(long, '')).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(50)
    expect(one('/a/*', '/b/$1', long).length).toBe(long.length)
  })

  it('never makes a path that is not normal', () => {
    const text = fc.string({ unit: fc.constantFrom('/', '.', 'a', '%', '2', 'e', '\\', '\xe9', '\n', '?') })
    const to = fc.constantFrom('/$1', '/x/:a', '/.:a/$1', '/:a$1', '/:a/../$1', '/x/..$1', '/$1/:a?:a')
    fc.assert(
      fc.property(text, text, to, (a, rest, target) => {
        const path = normalizePath(`/${a}/${rest}`.replaceAll('%', '%25'))
        if (path.kind === 'bad') return
        const result = rules({ '/:a/*': target }).apply(path.path, '')
        if (result?.kind !== 'path') return
        expect(result.path).toMatch(/^\//)
        expect(result.path).not.toMatch(/\/\/|\/\.\.?(\/|$)|\0/)
        expect(result.query).not.toMatch(/[&=\s?]/)
      }),
    )
  })
})

describe('Router.rewritten', () => {
  const handlers = [{ kind: 'x', answer() {} }]
  const router = new Router([
    {
      hosts: [],
      rewrite: rules({ '/a': '/b', '/stop/*': '/stop/$1', '/s*': '/stop/s$1', '/e/*': '/e/e/$1' }),
      mounts: [
        { prefix: '/', handlers },
        { prefix: '/m', handlers, rewrite: rules({ '/m/*': '/a', '/x': '/y' }) },
      ],
    },
    { hosts: ['a.test'], mounts: [{ prefix: '/', handlers }] },
  ])
  const path = (host: string, from: string) => router.rewritten(host, from, 'q')

  it('goes on until the path stays as it is', () => {
    expect(path('', '/m/1')).toEqual({ path: '/b', query: 'q' })
    expect(path('', '/s1')).toEqual({ path: '/stop/s1', query: 'q' })
    expect(path('', '/x')).toEqual({ path: '/x', query: 'q' })
    expect(path('a.test', '/a')).toEqual({ path: '/a', query: 'q' })
  })

  it('gives up after ten times', () => {
    expect(path('', '/e/').end).toEqual({ kind: 'endless' })
  })
})

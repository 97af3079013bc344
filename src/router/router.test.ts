import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Handler } from '../handler/handler.ts'
import type { Candidate } from './candidate.ts'
import { mountPath } from './mount.ts'
import { Router } from './router.ts'

function named(kind: string, methods?: readonly string[]): Handler {
  const handler = { kind, answer() {} }
  return methods === undefined ? handler : Object.assign(handler, { methods })
}

function mount(prefix: string, ...kinds: string[]) {
  return { prefix, handlers: kinds.map((kind) => named(kind)) }
}

function site(hosts: string[], ...mounts: { prefix: string; handlers: Handler[] }[]) {
  return { hosts, mounts }
}

/** Every candidate in order as 'kind script name|path info'. */
function walk(first: Candidate | undefined): string[] {
  const seen: string[] = []
  for (let at = first; at !== undefined; at = at.next()) {
    seen.push(`${at.handler.kind} ${at.match.scriptName}|${at.match.pathInfo}`)
  }
  return seen
}

describe('Router mounts', () => {
  const router = new Router([
    site(
      [],
      mount('/', 'files', 'shop'),
      mount('/api', 'api'),
      mount('/api/rest', 'rest'),
      mount('/a/b/c', 'deep'),
    ),
  ])

  it('takes the longest prefix at a segment boundary', () => {
    expect(router.first('', '/api/rest/x')?.handler.kind).toBe('rest')
    expect(router.first('', '/api/restful')?.handler.kind).toBe('api')
    expect(router.first('', '/apple')?.handler.kind).toBe('files')
    expect(router.first('', '/ap')?.handler.kind).toBe('files')
    expect(router.first('', '/a/b')?.handler.kind).toBe('files')
  })

  it('splits the path once, for every mount in its own way', () => {
    expect(walk(router.first('', '/api/rest'))).toEqual([
      'rest /api/rest|',
      'api /api|/rest',
      'files |/api/rest',
      'shop |/api/rest',
    ])
    expect(walk(router.first('', '/api/rest/'))[0]).toBe('rest /api/rest|/')
    expect(walk(router.first('', '/'))).toEqual(['files |/', 'shop |/'])
  })

  it('has nobody for a path without a mount', () => {
    const bare = new Router([site([], mount('/app', 'app'))])
    expect(bare.first('', '/')).toBeUndefined()
    expect(bare.first('', '/apple')).toBeUndefined()
    expect(walk(bare.first('', '/app'))).toEqual(['app /app|'])
  })

  it('leaves a mount without handlers to the next shorter one', () => {
    const sparse = new Router([site([], mount('/a'), mount('/', 'root'))])
    expect(walk(sparse.first('', '/a/x'))).toEqual(['root |/a/x'])
  })

  it('hands out the facts of the mount', () => {
    const facts = new Router([{ hosts: [], mounts: [{ prefix: '/', handlers: [named('x')], body: 5 }] }])
    expect(facts.first('', '/')?.mount.body).toBe(5)
  })

  it('lets a mount stand in the place of another, whose script name its handlers see', () => {
    const part = (prefix: string, base: string, kind: string) => ({ ...mount(prefix, kind), base })
    const placed = new Router([
      site(
        [],
        mount('/', 'root'),
        mount('/shop', 'shop'),
        part('/shop/admin', '/shop', 'admin'),
        part('/x', '/', 'x'),
      ),
    ])
    expect(walk(placed.first('', '/shop/admin/users'))).toEqual([
      'admin /shop|/admin/users',
      'root |/shop/admin/users',
    ])
    expect(walk(placed.first('', '/shop/administer'))).toEqual([
      'shop /shop|/administer',
      'root |/shop/administer',
    ])
    expect(walk(placed.first('', '/x'))).toEqual(['x |/x'])
  })

  it('compares prefixes by their octets in UTF-8', () => {
    const accents = new Router([
      site([], mount('/caf\u00e9', 'plain'), mount('/b%C3%A9', 'encoded'), mount('/x/', 'slash')),
    ])
    expect(walk(accents.first('', '/caf\xc3\xa9/x'))).toEqual(['plain /caf\xc3\xa9|/x'])
    expect(walk(accents.first('', '/b\xc3\xa9'))).toEqual(['encoded /b\xc3\xa9|'])
    expect(accents.first('', '/caf\xe9')).toBeUndefined()
    expect(walk(accents.first('', '/x/y'))).toEqual(['slash /x|/y'])
    expect(accents.first('', '/caf\xc3\xa9')?.match.mount).toBe('/caf\u00e9')
  })

  it('refuses a prefix that is not a path', () => {
    expect(() => new Router([site([], mount('/a%zz', 'x'))])).toThrow('Mount "/a%zz" is not a path')
    expect(mountPath('/..').kind).toBe('bad')
    expect(mountPath('app').kind).toBe('bad')
  })

  it('tells which methods are allowed when all have passed', () => {
    const get = named('files', ['GET', 'HEAD'])
    const closed = new Router([{ hosts: [], mounts: [{ prefix: '/', handlers: [get] }] }])
    expect(closed.first('', '/')?.allowedMethods()).toEqual(['GET', 'HEAD'])
    const open = new Router([{ hosts: [], mounts: [{ prefix: '/', handlers: [get, named('app')] }] }])
    expect(open.first('', '/')?.allowedMethods()).toBeUndefined()
  })

  it('closes every handler once', () => {
    let closed = 0
    const shared: Handler = { kind: 'x', answer() {}, close: () => void closed++ }
    new Router([
      { hosts: [], mounts: [{ prefix: '/', handlers: [shared, named('y')] }] },
      { hosts: ['a.test'], mounts: [{ prefix: '/b', handlers: [shared] }] },
    ]).close()
    expect(closed).toBe(1)
  })

  it('agrees with a naive model', () => {
    const segment = fc.constantFrom('a', 'b', 'ab', 'app', 'apple', '\xc3\xa9')
    const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`)
    const prefix = fc
      .array(fc.constantFrom('a', 'b', 'ab', 'app'), { maxLength: 4 })
      .map((s) => `/${s.join('/')}`)
    const model = fc.uniqueArray(fc.record({ prefix, count: fc.integer({ min: 0, max: 3 }) }), {
      selector: (m) => m.prefix,
    })
    fc.assert(
      fc.property(model, path, fc.boolean(), (mounts, bare, slash) => {
        const request = slash && bare !== '/' ? `${bare}/` : bare
        const built = mounts.map((m) =>
          mount(m.prefix, ...Array.from({ length: m.count }, (_, i) => `${m.prefix}#${i}`)),
        )
        const expected = mounts
          .filter((m) => m.prefix === '/' || request === m.prefix || request.startsWith(`${m.prefix}/`))
          .sort((x, y) => y.prefix.length - x.prefix.length)
          .flatMap((m) => {
            const script = m.prefix === '/' ? '' : m.prefix
            return Array.from(
              { length: m.count },
              (_, i) => `${m.prefix}#${i} ${script}|${request.slice(script.length)}`,
            )
          })
        const seen = walk(new Router([site([], ...built)]).first('', request))
        expect(seen).toEqual(expected)
        for (const line of seen) expect(line.replace(/^\S+ /, '').replace('|', '')).toBe(request)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('Router hosts', () => {
  const router = new Router([
    site([], mount('/', 'default')),
    site(['example.com', '[::1]'], mount('/only', 'exact')),
    site(['*.example.com'], mount('/', 'wild')),
    site(['*.deep.example.com'], mount('/', 'deeper')),
    site(['a.deep.example.com'], mount('/', 'named')),
  ])

  it('prefers the exact name, then the longest wildcard, then the default', () => {
    expect(router.first('a.deep.example.com', '/')?.handler.kind).toBe('named')
    expect(router.first('b.deep.example.com', '/')?.handler.kind).toBe('deeper')
    expect(router.first('deep.example.com', '/')?.handler.kind).toBe('wild')
    expect(router.first('x.y.example.com', '/')?.handler.kind).toBe('wild')
    expect(router.first('other.test', '/')?.handler.kind).toBe('default')
    expect(router.first('', '/')?.handler.kind).toBe('default')
    expect(router.first('[::1]', '/only')?.handler.kind).toBe('exact')
  })

  it('matches a wildcard only below its name', () => {
    expect(router.first('notexample.com', '/')?.handler.kind).toBe('default')
    expect(router.first('.example.com', '/')?.handler.kind).toBe('default')
  })

  it('takes a name with the dot of the root for the same name', () => {
    expect(router.first('example.com.', '/only')?.handler.kind).toBe('exact')
    expect(router.first('b.example.com.', '/')?.handler.kind).toBe('wild')
  })

  it('does not borrow mounts from another site', () => {
    expect(router.first('example.com', '/')).toBeUndefined()
  })

  it('answers nobody without a default site', () => {
    const closed = new Router([site(['example.com'], mount('/', 'x'))])
    expect(closed.first('other.test', '/')).toBeUndefined()
  })
})

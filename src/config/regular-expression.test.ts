import { describe, expect, it } from 'vitest'
import { patternFor, prefixFor, regularExpression } from './regular-expression.ts'

describe('regularExpression', () => {
  it.each([
    '^/old/(.*)$',
    '/old/(.*)',
    '/old/.+',
    '/old$',
    '~ \\.php$',
    '/(a|b)/c',
    '/p/[0-9]+',
    '/p/[^/]+/x',
    '/p/(\\d+)',
    '/x(/y)?',
  ])('knows %s', (text) => {
    expect(regularExpression(text)).toBe('sure')
  })

  it.each(['/a (1).txt', '/x[1]', '/old/.*'])('is not sure about %s', (text) => {
    expect(regularExpression(text)).toBe('likely')
  })

  it.each([
    '/',
    '/old/*',
    '/index.*',
    '/docs (old)/*',
    '/c++/*',
    '/p/:id',
    '/a|b',
    '/~ann/*',
    '/$1/x',
    '/a.+b',
  ])('leaves %s alone', (text) => {
    expect(regularExpression(text)).toBeUndefined()
  })
})

describe('patternFor', () => {
  it.each([
    ['^/old/(.*)$', '/old/*'],
    ['/old/.*', '/old/*'],
    ['^/blog/(.*)\\.php$', '/blog/*.php'],
    ['^/p/([0-9]+)/edit$', '/p/:id/edit'],
    ['^/([^/]+)/(\\d+)$', '/:id/:name'],
    ['^/about$', '/about'],
  ])('reads %s as %s', (expression, pattern) => {
    expect(patternFor(expression)).toBe(pattern)
  })

  it.each(['^/(a|b)$', '^/(.*)/(.*)$', '^/p-(\\d+)$', 'old', '/a(b)'])('has none for %s', (expression) => {
    expect(patternFor(expression)).toBeUndefined()
  })
})

describe('prefixFor', () => {
  it.each([
    ['~ ^/x', '/x'],
    ['^/admin/', '/admin'],
    ['^~ /x', '/x'],
    ['/static/*', '/static'],
    ['/static/(.*)', '/static'],
    ['/adm*n', '/'],
    ['/a/adm*n', '/a'],
    ['~* \\.php$', '/'],
    ['*', '/'],
  ])('reads %s as %s', (expression, prefix) => {
    expect(prefixFor(expression)).toBe(prefix)
  })
})

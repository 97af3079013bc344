import { describe, expect, it } from 'vitest'
import { refusedName } from './name.ts'

describe('refusedName', () => {
  it('lets ordinary names through', () => {
    for (const path of [
      '',
      '/',
      '/a',
      '/a.b/c..d',
      '/a/b./c',
      '/%2e%2e/x',
      '/a;b',
      '/caf\xc3\xa9',
      '/a\nb',
    ]) {
      expect([path, refusedName(path, false)]).toEqual([path, undefined])
    }
  })

  it('refuses dotfiles anywhere in the path unless they are wanted', () => {
    for (const path of ['/.env', '/.git/config', '/a/.htpasswd', '/..;/a', '/...', '/a/.b/c']) {
      expect([path, refusedName(path, false)]).toEqual([path, 'it is a dotfile'])
      expect([path, refusedName(path, true)]).toEqual([path, undefined])
    }
  })

  it('lets .well-known through at the top and nothing that hides below it', () => {
    expect(refusedName('/.well-known', false)).toBeUndefined()
    expect(refusedName('/.well-known/acme-challenge/x', false)).toBeUndefined()
    expect(refusedName('/.well-known/.env', false)).toBe('it is a dotfile')
    expect(refusedName('/.well-known-not/x', false)).toBe('it is a dotfile')
    expect(refusedName('/a/.well-known/x', false)).toBe('it is a dotfile')
  })

  it('refuses backslashes, NUL and dot segments whatever the rules say', () => {
    expect(refusedName('/a\\b', true)).toBe('its name holds a backslash')
    expect(refusedName('/a\0b', true)).toBe('its name holds a NUL')
    expect(refusedName('/a/../b', true)).toBe('it holds a dot segment')
    expect(refusedName('/a/.', true)).toBe('it holds a dot segment')
    expect(refusedName('/.well-known/../b', true)).toBe('it holds a dot segment')
  })
})

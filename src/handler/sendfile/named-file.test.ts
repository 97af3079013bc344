import { describe, expect, it } from 'vitest'
import { meantPath, mergedFields } from './named-file.ts'

describe('meantPath', () => {
  const ok = (...paths: string[]) => ({ kind: 'ok', paths })
  const sendfile = (value: string) => meantPath({ field: 'x-sendfile', value })
  const accel = (value: string) => meantPath({ field: 'x-accel-redirect', value })

  it('decodes a path, resolves its dots, and leaves a lone percent sign alone', () => {
    expect(sendfile('/srv/a b/%63.pdf')).toEqual(ok('/srv/a b/c.pdf', '/srv/a b/%63.pdf'))
    expect(sendfile('/srv/../etc/./passwd')).toEqual(ok('/etc/passwd'))
    expect(sendfile('/srv/%2e%2e/etc')).toEqual(ok('/etc', '/srv/%2e%2e/etc'))
    expect(sendfile('//srv//a')).toEqual(ok('/srv/a'))
    expect(sendfile('/srv/100%.pdf')).toEqual(ok('/srv/100%.pdf'))
    expect(sendfile('/srv/a?b#c')).toEqual(ok('/srv/a?b#c'))
  })

  it('takes text for UTF-8, and octets as they are', () => {
    expect(sendfile('/srv/caf\xc3\xa9')).toEqual(ok('/srv/caf\xc3\xa9'))
    expect(sendfile('/srv/caf\xe9')).toEqual(ok('/srv/caf\xc3\xa9'))
    expect(sendfile('/srv/caf%E9')).toEqual(ok('/srv/caf\xe9', '/srv/caf%E9'))
  })

  it('takes no path that is relative or holds a NUL', () => {
    expect(sendfile('srv/a')).toEqual({ kind: 'bad', why: 'the path is not absolute' })
    expect(sendfile('')).toEqual({ kind: 'bad', why: 'the path is not absolute' })
    expect(sendfile('/srv/%00')).toEqual({ kind: 'bad', why: 'the path holds a NUL' })
  })

  it('reads a location as the path of a request', () => {
    expect(accel('/protected/a%20b.pdf?x=1')).toEqual(ok('/protected/a b.pdf'))
    expect(accel('/protected/../a')).toEqual(ok('/a'))
    expect(accel('/100% \xe9.pdf')).toEqual(ok('/100% \xc3\xa9.pdf'))
    for (const value of ['/../a', '/a%2fb', '@named', 'http://a/']) expect(accel(value).kind).toBe('bad')
  })
})

describe('mergedFields', () => {
  const application = [
    'Content-Type',
    'text/html',
    'Set-Cookie',
    'a=1',
    'ETag',
    '"old"',
    'Content-Disposition',
    'attachment',
  ]

  it('lets the file say what is of the file, and the application the rest', () => {
    expect(mergedFields(application, ['ETag', '"new"', 'Content-Type', 'application/pdf'], true)).toEqual([
      'Set-Cookie',
      'a=1',
      'Content-Disposition',
      'attachment',
      'ETag',
      '"new"',
      'Content-Type',
      'application/pdf',
    ])
  })

  it('says nothing of a content that is not sent', () => {
    expect(mergedFields(application, ['ETag', '"new"'], false)).toEqual([
      'Set-Cookie',
      'a=1',
      'ETag',
      '"new"',
    ])
  })
})

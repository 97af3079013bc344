import { describe, expect, it } from 'vitest'
import { parseCgiHead } from '../wire/cgi-response.ts'
import { cgiHead } from './cgi.ts'

function meaning(text: string): { status: number; localRedirect?: string | undefined } {
  const head = parseCgiHead(text)
  if (head.kind === 'bad') throw new Error(head.why)
  const { status, localRedirect } = cgiHead(head)
  return { status, localRedirect }
}

describe('cgiHead', () => {
  it.each([
    ['Content-Type: a/b\n', 200, undefined],
    ['Location: /x?y\n', 200, '/x?y'],
    ['location: /x\r\n', 200, '/x'],
    ['Location: /x\nSet-Cookie: a\n', 302, undefined],
    ['Location: /x\nContent-Type: a/b\n', 302, undefined],
    ['Location: /x\nStatus: 200\n', 200, undefined],
    ['Location: //host/x\n', 302, undefined],
    ['Location: http://h/x\n', 302, undefined],
    ['Location: x\n', 302, undefined],
    ['Location: http://h/x\nStatus: 301 Moved\n', 301, undefined],
  ])('%j', (text, status, localRedirect) => {
    expect(meaning(text)).toEqual({ status, localRedirect })
  })
})

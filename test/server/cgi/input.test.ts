// The body of a request as a script reads it (RFC 3875 section 4.2; rows CGI-08, CGI-09, CGI-30 to CGI-33).

import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { config, sharedSite, ways } from './scripts.ts'

const MiB = 1024 * 1024

describe.each(ways)('the input of a script that is $name', (how) => {
  const site = sharedSite(how, config(how))

  it.each([1, 4095, 4096, 65_535, 65_536, MiB, 30 * MiB])(
    'is exactly the body, of %i octets',
    async (size) => {
      const body = randomBytes(size)
      const { status, body: said } = await site().ask('/cgi-bin/body.py', { method: 'POST', body })
      const hash = createHash('sha256').update(body).digest('hex')
      expect([status, said.trim()]).toEqual([200, `${size} ${size} 0 ${hash}`])
    },
  )

  it.each([0, 7, 200_000])('has a length also when the body came in chunks, of %i octets', async (size) => {
    const body = randomBytes(size)
    const { body: said } = await site().ask('/cgi-bin/body.py', { method: 'PUT', body, chunked: true })
    expect(said.trim().split(' ').slice(0, 3)).toEqual([String(size), String(size), '0'])
  })

  it('has an end where there is no body', async () => {
    expect((await site().ask('/cgi-bin/body.py')).body).toMatch(/^0 0 0 /)
  })

  it('may be left unread', async () => {
    const said = await site().ask('/cgi-bin/unread.py', { method: 'POST', body: Buffer.alloc(10 * MiB) })
    expect([said.status, said.body]).toEqual([200, 'unread\n'])
  })

  it('may be read after a megabyte was written', async () => {
    const said = await site().ask('/cgi-bin/first.py', { method: 'POST', body: Buffer.alloc(MiB) })
    expect(said.body.slice(MiB)).toBe(`${MiB}\n`)
  })
})

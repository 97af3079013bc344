// What a FastCGI server may do wrong (rows FCC-07 to FCC-11, FCC-15 to FCC-23, FCC-28).

import { describe, expect, it } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { eventually } from '../../double/eventually.ts'
import { httpPid, residentKib } from '../../double/processes.ts'
import { ask, valuesOf } from '../cgi/scripts.ts'
import { type Answer, end, FastcgiServer, record, stderr, stdout, whole } from './fastcgi-server.ts'
import { logged, type Place, sharedPlace } from './place.ts'

const MiB = 1024 * 1024
const text = 'Content-Type: text/plain\r\n\r\nhello'

async function faultySite(place: Place) {
  const peer = new FastcgiServer()
  const address = await peer.listen()
  place.whenEnding(async () => peer.close())
  const server = await place.portico(
    `log: { access: "off" }\nmounts:\n  /: { fastcgi: { address: "${address}", connections: 4, request_time: 5s } }\n`,
  )
  return { peer, server }
}

const site = sharedPlace(faultySite)
let names = 0

/** Asks for an answer that is given by these bytes, or by this function. */
async function asked(answer: Buffer | Answer, options: { method?: string; body?: string } = {}) {
  const query = `n${names++}`
  const given: Answer = typeof answer === 'function' ? answer : ({ socket }) => socket.write(answer)
  const { peer, server } = site()
  peer.answers.set(query, given)
  const said = await ask(server.port, `/?${query}`, options)
  return { ...said, times: peer.count(query) }
}

async function works(): Promise<void> {
  expect(await asked(whole(text))).toMatchObject({ status: 200, body: 'hello', complete: true })
}

describe('a FastCGI server that breaks the protocol', () => {
  it.each([
    ['garbage', Buffer.from('HTTP/1.1 200 OK\r\n\r\nhello, this is no FastCGI at all')],
    ['zeros', Buffer.alloc(4096)],
    ['version 9', record(6, text, 1, 0, 9)],
    ['a type that nobody knows', Buffer.concat([record(77, 'x'), whole(text)])],
    ['a type that only servers send', Buffer.concat([record(1, 'xxxxxxxx'), whole(text)])],
    ['a request that was never begun', Buffer.concat([record(6, text, 5), end(0, 0, 5)])],
    ['an END that is too short', Buffer.concat([stdout(text.slice(0, 10)), record(3, 'x')])],
    ['an END in the head', Buffer.concat([stdout('Content-Type: te'), end()])],
    ['an END alone', end()],
    ['an END alone, with a status', end(9)],
    ['a head without its end', Buffer.concat([stdout('Content-Type: text/plain\r\n'), end()])],
    ['a head of 100 KiB', Buffer.concat([stdout(`X: ${'x'.repeat(50_000)}`), stdout('x'.repeat(50_000))])],
    ['a head that is none', whole('hello\r\n\r\nhello')],
    ['a Status that is none', whole('Status: fine\r\n\r\nhello')],
  ])('is 502 for %s, with a reason in the log', async (_, bytes) => {
    const said = await asked(bytes)
    expect(said.status).toBe(502)
    const id = /Request id: <code>([^<]+)/.exec(said.body)?.[1] ?? 'none'
    await logged(site().server, 'request.failed', id, 'status=502')
    await works()
  })

  it('is 502 when it closes within a record, and the log says so', async () => {
    const long = record(6, 'x'.repeat(1000)).subarray(0, 500)
    expect((await asked(({ socket }) => socket.end(long))).status).toBe(502)
    await logged(site().server, 'request.failed', 'status=502', /closed its connection/)
  })

  it('never makes an answer look whole by closing, at whichever octet', async () => {
    const bytes = whole(text)
    for (let at = 0; at < bytes.length; at++) {
      const said = await asked(({ socket }) => socket.end(bytes.subarray(0, at)))
      expect([at, said.status === 502 || !said.complete]).toEqual([at, true])
    }
    await works()
  })

  it('is heard behind any split of its records and of the head', async () => {
    for (let at = 0; at <= text.length; at++) {
      const pieces = [text.slice(0, at), text.slice(at)].filter((piece) => piece !== '')
      const bytes = Buffer.concat([...pieces.map((piece) => stdout(piece, at % 256)), end()])
      expect([at, await asked(bytes)]).toEqual([at, expect.objectContaining({ status: 200, body: 'hello' })])
    }
  })

  it('is heard octet by octet, with errors within the head', async () => {
    const bytes = Buffer.concat([
      stdout('Content-Ty'),
      stderr('half a li'),
      stdout('pe: text/plain\r\nX-A: b\r\n'),
      stderr('ne\n'),
      stdout('\r\nhello', 255),
      stdout(''),
      end(),
    ])
    const said = await asked(({ socket }) => {
      socket.setNoDelay(true)
      const next = (at: number): void => {
        if (at < bytes.length) socket.write(bytes.subarray(at, at + 1), () => next(at + 1))
      }
      next(0)
    })
    expect(said).toMatchObject({ status: 200, body: 'hello', complete: true })
    await logged(site().server, 'application.errors', 'half a line', /request=\S+/)
  })

  it('does not confuse with records of the management, nor with interim answers', async () => {
    const management = Buffer.concat([record(11, '\0\0\0\0\0\0\0\0', 0), record(10, '', 0), whole(text)])
    expect(await asked(management)).toMatchObject({ status: 200, body: 'hello' })
    const hints = whole(`Status: 103 Early Hints\r\nLink: </a.css>\r\n\r\n${text}`)
    expect(await asked(hints)).toMatchObject({ status: 200, body: 'hello', complete: true })
  })

  it('may say that it ended with a status, which the log has', async () => {
    const said = await asked(Buffer.concat([stdout(text), end(7)]))
    expect(said).toMatchObject({ status: 200, body: 'hello', complete: true })
    await logged(site().server, 'application status 7', /request=\S+/)
  })
})

describe('the length that a FastCGI server announces', () => {
  const counted = (length: number | string, body: string) =>
    whole(`Content-Type: a/b\r\nContent-Length: ${length}\r\n\r\n${body}`)

  it('counts: what is too much is dropped, what is missing is seen', async () => {
    const client = await Client.open(site().server.port)
    const { peer } = site()
    const answer = async (query: string, bytes: Buffer, method = 'GET') => {
      peer.answers.set(query, ({ socket }) => socket.write(bytes))
      client.send(`${method} /?${query} HTTP/1.1\r\nHost: a\r\n\r\n`)
      return client.answer(method)
    }
    expect((await answer('long', counted(3, 'longer'))).body).toBe('lon')
    expect((await answer('none', counted(0, 'longer'))).body).toBe('')
    expect(await answer('head', counted(6, 'longer'), 'HEAD')).toMatchObject({ status: 200, body: '' })
    expect((await answer('right', counted(6, 'longer'))).body).toBe('longer')
    expect(await answer('empty', whole('Status: 204\r\n\r\nbody'))).toMatchObject({ status: 204, body: '' })
    expect((await answer('again', counted(2, 'ok'))).body).toBe('ok')
    expect(await answer('short', counted(30, 'short'))).toMatchObject({ body: 'short', complete: false })
    client.destroy()
  })

  it.each(['-1', '1x', '3, 4', '99999999999999999999'])('is 502 when it is %s', async (length) => {
    expect((await asked(counted(length, 'abc'))).status).toBe(502)
  })

  it('is cut short when the connection closes, and the log says so', async () => {
    const said = await asked(({ socket }) =>
      socket.end(stdout('Content-Type: a/b\r\nContent-Length: 9\r\n\r\nhel')),
    )
    expect(said).toMatchObject({ status: 200, body: 'hel', complete: false })
    await logged(site().server, 'request.failed', 'in the middle of its answer')
  })
})

describe('a FastCGI server that refuses', () => {
  it('is 503 when it is overloaded, with Retry-After', async () => {
    const said = await asked(end(0, 2))
    expect([said.status, valuesOf(said, 'retry-after').length]).toEqual([503, 1])
    await logged(site().server, 'request.failed', 'overloaded')
  })

  it('is 502 when it does not know the role', async () => {
    expect((await asked(end(0, 3))).status).toBe(502)
    await logged(site().server, 'request.failed', 'role of a responder')
  })

  it('is asked over another connection when this one has a request already', async () => {
    let refused = 0
    const said = await asked(
      ({ socket }) => {
        socket.write(refused++ === 0 ? end(0, 1) : whole(text))
      },
      { method: 'POST', body: 'abc' },
    )
    expect([said.status, said.times]).toEqual([200, 2])
    const never = await asked(end(0, 1))
    expect([never.status, never.times]).toEqual([502, 3])
  })
})

describe('a FastCGI server that closes kept connections', () => {
  /** Breaks off the first time on each kept connection. */
  function breaking(how: 'reset' | 'close'): Answer {
    let broken = false
    return ({ socket, number }) => {
      if (broken || number === 0) socket.write(whole(text))
      else {
        broken = true
        if (how === 'reset') socket.resetAndDestroy()
        else socket.destroy()
      }
    }
  }

  it.each(['reset', 'close'] as const)('is asked once more for a GET (%s)', async (how) => {
    await works()
    expect(await asked(breaking(how))).toMatchObject({ status: 200, body: 'hello', times: 2 })
  })

  it('is asked once more, not again and again', async () => {
    await works()
    const said = await asked(({ socket }) => socket.resetAndDestroy())
    expect([said.status, said.times]).toEqual([502, 2])
  })

  it('is never asked twice for a POST', async () => {
    await works()
    for (const how of ['resetAndDestroy', 'destroy'] as const) {
      const said = await asked(({ socket }) => socket[how](), { method: 'POST', body: 'abc' })
      expect([said.status, said.times]).toEqual([502, 1])
    }
  })

  it('is not asked again when an octet of the answer has come', async () => {
    await works()
    const said = await asked(({ socket }) => {
      socket.write(stdout('X'), () => socket.destroy())
    })
    expect([said.status, said.times]).toEqual([502, 1])
  })

  it('may send what belongs to no request: its connection is not used again', async () => {
    let closed = false
    await asked(({ socket }) => {
      socket.once('close', () => {
        closed = true
      })
      socket.write(whole(text), () => socket.write(stdout('stray')))
    })
    await eventually('the end of the connection', () => (closed ? true : undefined))
    await works()
  })
})

describe('a FastCGI server that writes 100 MiB of errors', () => {
  it('takes no memory, and little of the log', async () => {
    const { server } = site()
    const http = httpPid(server)
    await works()
    const before = residentKib(http)
    const logBefore = server.stderr().length
    const piece = Buffer.concat(Array.from({ length: 16 }, () => stderr(`${'e'.repeat(99)}\n`.repeat(655))))
    let most = 0
    let left = Math.ceil((100 * MiB) / (16 * 655 * 100))
    const said = await asked(({ socket }) => {
      const next = (): void => {
        most = Math.max(most, residentKib(http))
        if (left-- > 0) socket.write(piece, next)
        else socket.write(whole(text))
      }
      next()
    })
    expect(said).toMatchObject({ status: 200, body: 'hello' })
    expect(most - before).toBeLessThan(64 * 1024)
    expect(server.stderr().length - logBefore).toBeLessThan(2 * MiB)
    await logged(server, /dropped|left out/)
  })
})

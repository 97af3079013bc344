// Rows 20 to 28: the input.

import { createHash } from 'node:crypto'
import { eventually } from '../../double/eventually.ts'
import type { Case, Session } from '../case.ts'
import { requestOf } from '../case.ts'
import { type Client, waitMs } from '../client.ts'
import { ok, same } from '../expectation.ts'

type Results = (string | (string | boolean | null)[])[]

/** Does the operations on a body; the last result, about the length, is left out. */
async function operations(session: Session, body: string, ...steps: readonly string[]): Promise<Results> {
  const path = session.path('input', `do=${steps.join(',')}`)
  return (await session.json<Results>(path, { body })).slice(0, -1)
}

async function expectSteps(
  session: Session,
  body: string,
  steps: Readonly<Record<string, Results[number]>> | readonly (readonly [string, Results[number]])[],
): Promise<void> {
  const list = Array.isArray(steps) ? steps : Object.entries(steps)
  const found = await operations(session, body, ...list.map(([step]) => step))
  same(
    found,
    list.map(([, result]) => result),
    list.map(([step]) => step).join(', '),
  )
}

/** Sends a body of zeros, `count` octets, as fast as the server takes it, until it is sent or the server closes. */
async function sendZeros(client: Client, count: number, enough = (): boolean => false): Promise<number> {
  const block = Buffer.alloc(1 << 16)
  let sent = 0
  while (sent < count && !client.closed && !enough()) {
    const piece = block.subarray(0, Math.min(block.length, count - sent))
    sent += piece.length
    if (client.socket.write(piece)) continue
    await new Promise<void>((resolve) => {
      const go = (): void => {
        client.socket.off('drain', go).off('close', go)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(go, 2000)
      client.socket.on('drain', go).on('close', go)
    })
    if (client.socket.writableNeedDrain && client.received.length > 0) break
  }
  return sent
}

function postHead(path: string, length: number, ...fields: readonly string[]): string {
  const lines = [`POST ${path} HTTP/1.1`, 'Host: conformance.example', `Content-Length: ${length}`, ...fields]
  return `${lines.join('\r\n')}\r\n\r\n`
}

function chunkedRequest(path: string, chunks: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: conformance.example\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`
}

const mebibyte = 1 << 20

async function digests(session: Session, size: number, query = ''): Promise<void> {
  const client = await session.connect()
  client.send(postHead(session.path('digest', query), size))
  await sendZeros(client, size)
  const answer = await client.answer('POST', 60_000)
  same(answer.status, 200, `status for ${size} octets`)
  const hash = createHash('sha256')
  for (let left = size; left > 0; left -= mebibyte) hash.update(Buffer.alloc(Math.min(left, mebibyte)))
  const [length, found, most] = JSON.parse(answer.body) as [number, string, number]
  same([length, found], [size, hash.digest('hex')], `length and digest of ${size} octets`)
  if (query !== '') same(most, size, 'octets of the one line')
  client.destroy()
}

export const inputCases: readonly Case[] = [
  {
    row: 'WSG-20',
    title: 'read(n) gives at most n, all together the body, then nothing for ever',
    validated: true,
    run: async (session) => {
      await expectSteps(session, 'hello world', [
        ['read:5', 'hello'],
        ['read:1', ' '],
        ['read:100', 'world'],
        ['read:5', ''],
        ['read:100', ''],
        ['readline', ''],
        ['read:1', ''],
      ])
    },
  },
  {
    row: 'WSG-20',
    title: 'read() gives the whole body',
    run: async (session) => {
      await expectSteps(session, 'a\r\n\0\xff', [
        ['read', 'a\r\n\0\xff'],
        ['read', ''],
      ])
    },
  },
  {
    row: 'WSG-21',
    title: 'a read past CONTENT_LENGTH does not wait for a connection that stays open',
    run: async (session) => {
      const client = await session.connect()
      const path = session.path('input', 'do=read:3,read:100,read:100,read,readline,iter')
      client.send(requestOf(path, { body: 'hello' }))
      const answer = await client.answer()
      const results = JSON.parse(answer.body) as Results
      same(results.slice(0, -1), ['hel', 'lo', '', '', '', []], 'results')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-21',
    title: 'input of a request without a body is empty at once',
    validated: true,
    run: async (session) => {
      const path = session.path('input', 'do=read:5,readline,readlines,iter')
      same((await session.json<Results>(path)).slice(0, -1), ['', '', [], []], 'results')
    },
  },
  {
    row: 'WSG-22',
    title: 'readline and readlines cut at LF and keep it; the last line may have none',
    validated: true,
    run: async (session) => {
      await expectSteps(session, 'one\ntwo\r\n\nlast', [
        ['readline', 'one\n'],
        ['readline', 'two\r\n'],
        ['readline', '\n'],
        ['readline', 'last'],
        ['readline', ''],
      ])
      await expectSteps(session, 'one\ntwo\nlast', [['readlines', ['one\n', 'two\n', 'last']]])
    },
  },
  {
    row: 'WSG-22',
    title: 'readline(size) with 0, 1, within and over the line',
    run: async (session) => {
      await expectSteps(session, 'one\ntwo\nlast', [
        ['readline:0', ''],
        ['readline:1', 'o'],
        ['readline:2', 'ne'],
        ['readline:5', '\n'],
        ['readline:100', 'two\n'],
        ['readline:-1', 'last'],
        ['readline:100', ''],
      ])
    },
  },
  {
    row: 'WSG-22',
    title: 'readlines(hint) stops soon after the hint and loses nothing',
    validated: true,
    run: async (session) => {
      const [first, rest] = await operations(session, 'one\ntwo\nthree\n', 'readlines:5', 'readlines')
      same([...(first ?? []), ...(rest ?? [])], ['one\n', 'two\n', 'three\n'], 'lines')
    },
  },
  {
    row: 'WSG-22',
    title: 'iteration gives lines, and goes on where another read stopped',
    validated: true,
    run: async (session) => {
      await expectSteps(session, 'one\ntwo\nlast', [['iter', ['one\n', 'two\n', 'last']]])
      await expectSteps(session, 'one\ntwo\nlast', [
        ['read:2', 'on'],
        ['iter', ['e\n', 'two\n', 'last']],
      ])
    },
  },
  {
    row: 'WSG-23',
    title: 'bodies of 0, 1 and about 64 KiB arrive octet for octet',
    validated: true,
    run: async (session) => {
      for (const size of [0, 1, 65_535, 65_536, 65_537]) await digests(session, size)
    },
  },
  {
    row: 'WSG-23',
    title: 'a body of 100 MB arrives octet for octet',
    run: (session) => digests(session, 100_000_000),
  },
  {
    row: 'WSG-23',
    title: 'a line of 10 MB without LF is one readline()',
    run: (session) => digests(session, 10_000_000, 'by=line'),
  },
  {
    row: 'WSG-24',
    title: 'a chunked body arrives decoded and ends at its last chunk',
    run: async (session) => {
      const client = await session.connect()
      const path = session.path('input', 'do=read:3,readline,read:100,read:100')
      client.send(
        chunkedRequest(path, '4\r\nhell\r\n1;x="y"\r\no\r\n7\r\n\nworld!\r\n0\r\nX-Trailer: 1\r\n\r\n'),
      )
      const answer = await client.answer()
      same(answer.status, 200, 'status')
      const results = JSON.parse(answer.body) as Results
      same(results.slice(0, -1), ['hel', 'lo\n', 'world!', ''], 'results')
      const [length] = results.at(-1) as (string | boolean | null)[]
      ok(length === null || length === '' || length === '12', `CONTENT_LENGTH is ${JSON.stringify(length)}`)
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-24',
    title: 'a chunked body of 3 MB arrives octet for octet',
    run: async (session) => {
      const client = await session.connect()
      const chunk = `10000\r\n${'\0'.repeat(0x10000)}\r\n`
      client.send(chunkedRequest(session.path('digest'), `${chunk.repeat(48)}0\r\n\r\n`))
      const answer = await client.answer()
      const digest = createHash('sha256')
        .update(Buffer.alloc(3 * mebibyte))
        .digest('hex')
      same((JSON.parse(answer.body) as unknown[]).slice(0, 2), [3 * mebibyte, digest], 'length and digest')
    },
  },
  {
    row: 'WSG-25',
    title: 'read(-1), read(None) and read(0)',
    run: async (session) => {
      await expectSteps(session, 'hello', [
        ['read:0', ''],
        ['read:2', 'he'],
        ['read:-1', 'llo'],
        ['read:0', ''],
      ])
      await expectSteps(session, 'hello', [
        ['read:None', 'hello'],
        ['read:None', ''],
      ])
    },
  },
  {
    row: 'WSG-25',
    title: 'an application that closes its input does no harm',
    run: async (session) => {
      const client = await session.connect()
      client.send(requestOf(session.path('input', 'do=read:2,close'), { body: 'hello' }))
      const answer = await client.answer()
      same(answer.status, 200, 'status')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-26',
    title: 'input that was not read does not spoil the next request',
    validated: true,
    run: async (session) => {
      for (const size of [5, 70_000, 900_000]) {
        const client = await session.connect()
        client.send(requestOf(session.path('ignore'), { body: 'x'.repeat(size) }))
        const answer = await client.answer()
        same([answer.status, answer.body], [200, 'ignored'], `answer after ${size} unread octets`)
        await session.staysInStep(client, answer)
        client.destroy()
      }
    },
  },
  {
    row: 'WSG-26',
    title: 'a pipelined request behind unread input is answered, or the connection closed',
    run: async (session) => {
      const client = await session.connect()
      const path = session.path('ignore')
      client.send(requestOf(path, { body: 'GET /where/smuggled HTTP/1.1\r\nHost: x\r\n\r\n' }))
      client.send('GET /where/second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      same((await client.answer()).body, 'ignored', 'the first answer')
      const rest = await client.rest()
      ok(!rest.includes('smuggled'), 'the unread input was taken for a request')
      ok(rest === '' || rest.includes('/where/second'), 'the second request was answered wrongly')
    },
  },
  {
    row: 'WSG-26',
    title: '1 GB that nobody reads is not taken in: answered and closed long before its end',
    run: async (session) => {
      const client = await session.connect()
      client.send(postHead(session.path('ignore'), 1 << 30))
      const sent = await sendZeros(client, 1 << 30, () => client.received.length > 0)
      const answer = await client.answer('POST').catch(() => undefined)
      ok(answer === undefined || answer.status === 200 || answer.status === 413, `status ${answer?.status}`)
      ok(sent < 1 << 29, `${sent} octets were taken`)
      // Either it closes, or it waits for octets that never come; it must not answer anything else.
      client.end()
      same(await client.rest(), '', 'octets behind the answer')
    },
  },
  {
    row: 'WSG-27',
    title: 'a client that leaves in the middle of its body never looks as if it had sent it all',
    run: async (session) => {
      for (const half of ['end', 'destroy'] as const) {
        const client = await session.connect()
        client.send(`${postHead(session.path('expect-all'), 100_000)}only a part`)
        if (half === 'end') {
          client.end()
          const rest = await client.rest()
          ok(!rest.includes('complete'), 'the application answered as if complete')
        } else client.destroy()
      }
      // Whoever was called has met the end of its input by the time that this is answered by as many threads.
      await Promise.all(Array.from({ length: 8 }, () => session.ask('/where')))
      const count = (start: string): number => session.record.filter((line) => line.startsWith(start)).length
      const over = (): true | undefined =>
        count('raised') + count('read') >= count('called') ? true : undefined
      await eventually('the end of every read', over, waitMs)
      ok(!session.record.some((line) => line.startsWith('read ')), `the application had ${session.record}`)
    },
  },
  {
    row: 'WSG-28',
    title: '100 (Continue) comes at once or never, and the body arrives',
    run: async (session) => {
      const client = await session.connect()
      client.send(postHead(session.path('digest'), 5, 'Expect: 100-continue'))
      const patienceMs = session.target.kind.can.has('portico') ? waitMs : 2000
      const come = (text: string): boolean => text.includes('\r\n\r\n')
      const first = await client.until('100', come, patienceMs).catch(() => undefined)
      if (first === undefined) ok(patienceMs < waitMs, 'there is no 100')
      else ok(client.received.startsWith('HTTP/1.1 100 '), `no 100: ${client.received.slice(0, 40)}`)
      client.send('hello')
      const answer = await client.answer('POST')
      same(answer.status, 200, 'status')
      same((JSON.parse(answer.body) as unknown[])[0], 5, 'octets read')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-28',
    title: 'an application that does not read is answered, with the body awaited only after a 100',
    run: async (session) => {
      const client = await session.connect()
      client.send(postHead(session.path('ignore'), 5, 'Expect: 100-continue'))
      ok(await client.until('an answer', (text) => text.includes('\r\n\r\n')), 'closed without an answer')
      const asked = client.received.startsWith('HTTP/1.1 100 ')
      if (asked) client.send('hello')
      const answer = await client.answer('POST')
      same([answer.status, answer.body], [200, 'ignored'], 'answer')
      if (asked) await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-28',
    title: 'a 1.0 client never gets a 100',
    run: async (session) => {
      const path = session.path('digest')
      const fields = ['Expect: 100-continue']
      const answer = await session.ask(path, { version: '1.0', fields, body: 'hello' })
      same([answer.status, answer.interim], [200, []], 'status and what came before')
    },
  },
]

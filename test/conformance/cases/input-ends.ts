// Rows 26 to 28: input that is not read, not sent to its end, or not sent before it is asked for.

import { eventually } from '../../double/eventually.ts'
import { type Case, requestOf } from '../case.ts'
import { waitMs } from '../client.ts'
import { ok, same } from '../expectation.ts'
import { postHead, sendZeros } from './sending.ts'

export const inputEndCases: readonly Case[] = [
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

// Rows 66 to 72: how long a body is, and answers that have none.

import { eventually } from '../../double/eventually.ts'
import { type Answer, fieldNamed, fieldsNamed } from '../answer.ts'
import type { Case } from '../case.ts'
import { waitMs } from '../client.ts'
import { lacks, ok, same } from '../expectation.ts'

export const lengthCases: readonly Case[] = [
  {
    row: 'WSG-66',
    title: 'one block and no Content-Length: the server says its length',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.bare('one'))
      same([answer.status, answer.body], [200, 'the only block'], 'answer')
      await session.staysInStep(client, answer)
      if (!session.validated) same(fieldNamed(answer, 'content-length'), '14', 'Content-Length')
    },
  },
  {
    row: 'WSG-67',
    title: 'more octets than Content-Length: cut there, iteration stopped, closed once, connection in step',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('shorter'))
      same([answer.status, answer.body], [200, '1234567812'], 'answer')
      await session.staysInStep(client, answer)
      await session.closedOnce()
      const asked = session.record.filter((line) => line.startsWith('block')).length
      ok(asked <= 3, `the iteration went on for ${asked} blocks`)
    },
  },
  {
    row: 'WSG-67',
    title: 'no octet of a list is sent past Content-Length',
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('shorter-list'))
      same(answer.body, '1234567812', 'body')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-67',
    title: 'write() past Content-Length raises in the application',
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('writes-past'))
      await eventually('the end of the second write()', () => session.record[0], waitMs)
      lacks(`${answer.body}${client.received}`, /^.{11}/, 'octets sent')
      ok(session.record[0]?.startsWith('raised') === true, `the second write(): ${session.record}`)
    },
  },
  {
    row: 'WSG-68',
    title: 'fewer octets than Content-Length: closed, not filled up and never used again',
    validated: true,
    run: async (session) => {
      for (const kind of ['list', 'iterator']) {
        const client = await session.connect()
        client.send(`GET ${session.path('longer', `kind=${kind}`)} HTTP/1.1\r\nHost: x\r\n\r\n`)
        await client.until(
          'what there is',
          (text) => text.includes('12345678') || text.includes('HTTP/1.1 5'),
        )
        client.send('GET /where HTTP/1.1\r\nHost: x\r\n\r\n')
        const answer = await client.answer()
        if (answer.status >= 500) continue
        same([answer.body, answer.complete], ['12345678', false], `answer of a ${kind}`)
        same(await client.rest(), '', 'octets behind it')
      }
    },
  },
  {
    row: 'WSG-68',
    title: 'it is logged with the number of octets',
    needs: ['portico'],
    run: async (session) => {
      await session.exchange(session.path('longer'))
      await session.logged('12 octets less than its Content-Length', 'the words')
    },
  },
  {
    row: 'WSG-69',
    title: 'without a length: chunks to a 1.1 client',
    level: 'S',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('shape', 'of=generator'))
      same(
        [framed(answer, 'chunked'), answer.body, answer.complete],
        ['as it may be', 'one two three', true],
        'answer',
      )
      if (answer.framing === 'chunked')
        same(fieldsNamed(answer, 'content-length'), [], 'Content-Length beside chunks')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-69',
    title: 'without a length: up to the close to a 1.0 client, also one that asks to stay',
    run: async (session) => {
      for (const fields of [[], ['Connection: keep-alive']]) {
        const path = session.path('shape', 'of=generator')
        const { answer } = await session.exchange(path, { version: '1.0', fields })
        same(
          [framed(answer, 'close'), answer.body, answer.complete],
          ['as it may be', 'one two three', true],
          'answer',
        )
        same(fieldsNamed(answer, 'transfer-encoding'), [], 'Transfer-Encoding')
      }
    },
  },
  {
    row: 'WSG-70',
    title: "HEAD: no octet of the body, the application's Content-Length, closed once",
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('exact'), { method: 'HEAD' })
      same([answer.status, fieldNamed(answer, 'content-length')], [200, '13'], 'answer')
      await session.staysInStep(client, answer)
      await session.closedOnce()
    },
  },
  {
    row: 'WSG-70',
    title: 'HEAD of every kind of body leaves the connection in step',
    validated: true,
    run: async (session) => {
      for (const route of ['one', 'shape', 'writes', 'lazy', 'shorter', 'longer']) {
        const path = session.path(route, 'of=list')
        const { answer, client } = await session.exchange(path, { method: 'HEAD' })
        ok(answer.status === 200 || answer.status === 202, `status ${answer.status} of HEAD /${route}`)
        await session.staysInStep(client, answer)
      }
    },
  },
  {
    row: 'WSG-71',
    title: '204 and 304: the body is dropped, 204 has no Content-Length, the connection stays in step',
    run: async (session) => {
      for (const query of [
        'status=204%20None',
        'status=204%20None&length=13',
        'status=304%20Same&length=13',
      ]) {
        const { answer, client } = await session.exchange(session.path('bodiless', query))
        same(String(answer.status), query.slice(7, 10), 'status')
        if (answer.status === 204) same(fieldsNamed(answer, 'content-length'), [], 'Content-Length of 204')
        same(fieldsNamed(answer, 'transfer-encoding'), [], 'Transfer-Encoding')
        same([fieldNamed(answer, 'x-kept'), fieldNamed(answer, 'etag')], ['yes', '"a"'], 'fields')
        await session.staysInStep(client, answer)
      }
    },
  },
  {
    row: 'WSG-71',
    title: '304 may keep the Content-Length of what it stands for',
    validated: true,
    run: async (session) => {
      const answer = await session.ask(session.path('bodiless', 'status=304%20Same&length=13'))
      const length = fieldNamed(answer, 'content-length')
      ok(length === undefined || length === '13', `Content-Length is ${length}`)
    },
  },
  {
    row: 'WSG-71',
    title: 'a status of the 100s is no answer: none of its body is sent',
    run: async (session) => {
      const client = await session.connect()
      client.send(
        `GET ${session.path('head', 'of=information')} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      )
      const text = await client.rest()
      lacks(text, 'the body', 'octets sent')
    },
  },
  {
    row: 'WSG-72',
    title: 'Content-Length: 0 is an answer of no octets',
    validated: true,
    run: async (session) => {
      session.openGate()
      const { answer, client } = await session.exchange(session.path('zero'))
      same([answer.status, fieldNamed(answer, 'content-length'), answer.body], [200, '0', ''], 'answer')
      await session.staysInStep(client, answer)
      await session.closedOnce()
    },
  },
  {
    row: 'WSG-72',
    title: 'it goes out at once, before the application has ended',
    needs: ['portico'],
    run: async (session) => {
      const client = await session.connect()
      client.send(`GET ${session.path('zero')} HTTP/1.1\r\nHost: x\r\n\r\n`)
      same((await client.answer()).status, 200, 'status')
      same(session.record, [], 'the application had ended')
      session.openGate()
      await session.closedOnce()
    },
  },
]

/** A server that has all of an answer before it begins it knows the length, and may say it. */
function framed(answer: Answer, otherwise: Answer['framing']): string {
  return answer.framing === 'length' || answer.framing === otherwise ? 'as it may be' : answer.framing
}

// Rows 60 to 63, 65, 73 and 74: what an application may return, and when it is sent.

import type { Case, Session } from '../case.ts'
import { lacks, ok, same } from '../expectation.ts'

async function shape(session: Session, of: string): Promise<void> {
  const { answer, client } = await session.exchange(session.path('shape', `of=${of}`))
  same([answer.status, answer.complete, answer.body], [200, true, 'one two three'], `answer of ${of}`)
  await session.staysInStep(client, answer)
}

async function refusedShape(session: Session, of: string): Promise<void> {
  const { answer, client } = await session.exchange(session.path('shape', `of=${of}`))
  session.failed(answer, 'one two three', `result "${of}"`)
  if (answer.complete) await session.staysInStep(client, answer)
}

/** The early part is there while the application still waits for its gate. */
async function arrivesEarly(session: Session, route: string, version: '1.0' | '1.1'): Promise<void> {
  const client = await session.connect()
  client.send(`GET ${session.path(route)} HTTP/${version}\r\nHost: x\r\n\r\n`)
  ok(
    await client.until('the first block', (text) => text.includes('early ')),
    'closed before the first block',
  )
  lacks(client.received, 'late', 'what came before the gate was opened')
  session.openGate()
  const answer = await client.answer()
  same([answer.body, answer.complete], ['early late', true], 'body')
  await session.staysInStep(client, answer)
}

export const bodyCases: readonly Case[] = [
  {
    row: 'WSG-60',
    title: 'write() sends in order, before what is returned',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('writes'))
      same([answer.status, answer.body], [200, 'one two three four five'], 'answer')
      await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-60',
    title: 'what was written is on its way while the application goes on',
    validated: true,
    run: (session) => arrivesEarly(session, 'write-waits', '1.1'),
  },
  {
    row: 'WSG-60',
    title: 'write() of a str raises in the application',
    run: async (session) => {
      lacks((await session.ask(session.path('writes-text'))).body, 'text', 'body')
      ok(session.record[0]?.startsWith('raised') === true, `write() of a str: ${session.record}`)
    },
  },
  {
    row: 'WSG-61',
    title: 'list, tuple, generator, map, file, __iter__ and __getitem__ are all bodies',
    run: async (session) => {
      for (const of of ['list', 'tuple', 'generator', 'iterable', 'items', 'file', 'set-of-one']) {
        await shape(session, of)
      }
    },
  },
  {
    row: 'WSG-61',
    title: 'list, tuple, generator and file under the validator',
    validated: true,
    run: async (session) => {
      for (const of of ['list', 'tuple', 'generator', 'iterable', 'file']) await shape(session, of)
    },
  },
  {
    row: 'WSG-61',
    title: 'an empty body is an answer',
    validated: true,
    run: async (session) => {
      for (const of of ['no-blocks', 'nothing']) {
        const { answer, client } = await session.exchange(session.path('shape', `of=${of}`))
        same([answer.status, answer.body, answer.complete], [200, '', true], `answer of ${of}`)
        await session.staysInStep(client, answer)
      }
    },
  },
  {
    row: 'WSG-61',
    title: 'str items are an error, not text in some encoding',
    run: async (session) => {
      await refusedShape(session, 'text')
      await refusedShape(session, 'text-late')
    },
  },
  {
    row: 'WSG-62',
    title: 'each block is sent before the next is computed',
    validated: true,
    run: (session) => arrivesEarly(session, 'yield-waits', '1.1'),
  },
  {
    row: 'WSG-62',
    title: 'to a 1.0 client as well',
    run: (session) => arrivesEarly(session, 'yield-waits', '1.0'),
  },
  {
    row: 'WSG-63',
    title: 'b"" anywhere neither ends the body nor leaves a trace',
    validated: true,
    run: async (session) => {
      await shape(session, 'blanks')
      await shape(session, 'blank-list')
    },
  },
  {
    row: 'WSG-73',
    title: 'None or an int as result: 500, logged',
    run: async (session) => {
      for (const of of ['none', 'number']) await refusedShape(session, of)
      await session.logged(/not iterable|TypeError|NoneType|None/, 'the reason')
    },
  },
  {
    row: 'WSG-74',
    title: 'bytes as result: an error, or these octets',
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('shape', 'of=bytes'))
      if (answer.status === 200 && answer.complete) same(answer.body, 'one two three', 'body')
      else session.failed(answer, 'one', 'answer')
      if (answer.complete) await session.staysInStep(client, answer)
    },
  },
  {
    row: 'WSG-74',
    title: 'str as result: an error',
    run: (session) => refusedShape(session, 'string'),
  },
]

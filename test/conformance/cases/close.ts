// Rows 64 and 65: close() of the result.

import type { Case, Session } from '../case.ts'
import { ok, same } from '../expectation.ts'

async function closes(session: Session, query: string, method = 'GET'): Promise<void> {
  await session.exchange(session.path('close-after', query), { method })
  await session.closedOnce()
}

export const closeCases: readonly Case[] = [
  {
    row: 'WSG-64',
    title: 'close() once: after a normal end',
    validated: true,
    run: (session) => closes(session, 'how=ends'),
  },
  {
    row: 'WSG-64',
    title: 'close() once: after HEAD',
    validated: true,
    run: (session) => closes(session, 'how=ends', 'HEAD'),
  },
  {
    row: 'WSG-64',
    title: 'close() once: after 204 and 304',
    run: async (session) => {
      await closes(session, 'how=ends&status=304%20Not%20Modified')
      const { answer } = await session.exchange(session.path('close-after', 'how=ends&status=204%20No'))
      same(answer.status, 204, 'status')
      await session.ask('/where')
      same(session.record, ['closed', 'closed'], 'record of two requests')
    },
  },
  {
    row: 'WSG-64',
    title: 'close() once: after an exception in the iteration, which is logged',
    validated: true,
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('close-after', 'how=raises'))
      await session.cutShort(client, answer, 'begun')
      await session.closedOnce()
      await session.logged(`raised in iteration ${session.token}`, 'the exception')
      await session.logged(/rows\/body\.py", line \d+, in failing/, "the traceback to the application's line")
    },
  },
  {
    row: 'WSG-64',
    title: 'close() once: after start_response refused the head in the iteration',
    run: async (session) => {
      ok((await session.ask(session.path('close-after', 'how=bad-head'))).status >= 500, 'no error')
      await session.closedOnce()
    },
  },
  {
    row: 'WSG-64',
    title: 'close() once: when start_response was never called',
    run: async (session) => {
      session.refused(await session.ask(session.path('never', 'kind=body')), 'answer')
      await session.closedOnce()
    },
  },
  {
    row: 'WSG-64',
    title: 'close() once: when the client has gone in the middle of the body',
    validated: true,
    run: async (session) => {
      const client = await session.connect()
      client.send(`GET ${session.path('endless')} HTTP/1.1\r\nHost: x\r\n\r\n`)
      ok(
        await client.until('the first block', (text) => text.includes('xxxx')),
        'closed before the first block',
      )
      client.destroy()
      await session.closedOnce()
    },
  },
  {
    row: 'WSG-65',
    title: 'an exception in close() is logged and changes nothing of the answer',
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('close-after', 'how=close-raises'))
      same([answer.status, answer.body, answer.complete], [200, 'one two', true], 'answer')
      await session.logged(`raised in close ${session.token}`, 'the exception')
      await session.closedOnce()
      await session.staysInStep(client, answer)
    },
  },
]

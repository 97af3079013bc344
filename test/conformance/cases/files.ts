// Rows 80 to 84: wsgi.file_wrapper.

import { createHash } from 'node:crypto'
import { fieldNamed } from '../answer.ts'
import type { Ask, Case, Session } from '../case.ts'
import { ok, same } from '../expectation.ts'

async function sends(session: Session, query: string, body: string, ask: Ask = {}): Promise<void> {
  const { answer, client } = await session.exchange(session.path('file', query), ask)
  same([answer.status, answer.body, answer.complete], [200, body, true], `answer of ${query}`)
  await session.staysInStep(client, answer)
}

export const fileCases: readonly Case[] = [
  {
    row: 'WSG-80',
    title: 'a file is sent from its current position to its end, buffered or not',
    validated: true,
    run: async (session) => {
      await sends(session, 'skip=4', '456789')
      await sends(session, 'skip=4&kind=unbuffered', '456789')
      await sends(session, 'skip=10', '')
    },
  },
  {
    row: 'WSG-80',
    title: 'a file of 10 MB arrives octet for octet',
    run: async (session) => {
      const answer = await session.ask(session.path('file', 'size=10000000&skip=3'))
      const found = createHash('sha256').update(answer.body, 'latin1').digest('hex')
      const expected = createHash('sha256')
        .update(`3456789${'z'.repeat(10_000_000)}`)
        .digest('hex')
      same([answer.body.length, found], [10_000_007, expected], 'length and digest')
    },
  },
  {
    row: 'WSG-80',
    title: 'close() of the file is called once',
    validated: true,
    run: async (session) => {
      await sends(session, 'kind=noted', '0123456789')
      await session.closedOnce()
    },
  },
  {
    row: 'WSG-81',
    title: "the application's Content-Length holds, also below the size of the file",
    validated: true,
    run: async (session) => {
      await sends(session, 'skip=2&length=5', '23456')
      await sends(session, 'size=100000&length=10', '0123456789')
    },
  },
  {
    row: 'WSG-81',
    title: 'HEAD sends none of it, a 1.0 client gets it up to the close',
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('file', 'length=10'), { method: 'HEAD' })
      same([answer.status, fieldNamed(answer, 'content-length')], [200, '10'], 'answer')
      await session.staysInStep(client, answer)
      await sends(session, 'skip=1', '123456789', { version: '1.0' })
    },
  },
  {
    row: 'WSG-82',
    title: 'what has no fileno() is sent by read(): BytesIO, an object of its own',
    validated: true,
    run: async (session) => {
      await sends(session, 'kind=bytes&skip=4', '456789')
      await sends(session, 'kind=reader&skip=4', '456789')
      await session.closedOnce()
    },
  },
  {
    row: 'WSG-82',
    title: 'a pipe, which has a fileno() but no size',
    validated: true,
    run: (session) => sends(session, 'kind=pipe', '0123456789'),
  },
  {
    row: 'WSG-82',
    title: 'GzipFile, whose fileno() is not what it reads',
    validated: true,
    run: (session) => sends(session, 'kind=gzip', '0123456789'),
  },
  {
    row: 'WSG-83',
    title: 'the wrapper may be iterated, wrapped or ignored',
    validated: true,
    run: async (session) => {
      await sends(session, 'how=iterated&block=3', '0123456789')
      await sends(session, 'how=wrapped&size=3', '0123456789ZZZ')
      await sends(session, 'how=ignored&skip=8', '89')
    },
  },
  {
    row: 'WSG-83',
    title: 'what derives from the wrapper is iterated',
    run: async (session) => {
      const answer = await session.ask(session.path('file', 'how=subclass'))
      ok(['louder 0123456789', 'no class to derive from'].includes(answer.body), `body ${answer.body}`)
    },
  },
  {
    row: 'WSG-84',
    title: 'without a length a regular file gets one, or goes in chunks',
    run: async (session) => {
      const { answer, client } = await session.exchange(session.path('file', 'skip=4'))
      ok(answer.framing === 'length' || answer.framing === 'chunked', `framing ${answer.framing}`)
      same([answer.body, answer.complete], ['456789', true], 'answer')
      await session.staysInStep(client, answer)
    },
  },
]

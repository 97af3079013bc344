// Rows 20 to 22 and 25: what an application may call on its input.

import { type Case, requestOf, type Session } from '../case.ts'
import { same } from '../expectation.ts'

/** What /input answers: results in order, then CONTENT_LENGTH and wsgi.input_terminated. */
export type Results = (string | (string | boolean | null)[])[]

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
]

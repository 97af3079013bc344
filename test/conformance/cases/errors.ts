// Row 30: wsgi.errors.

import { eventually } from '../../double/eventually.ts'
import type { Case } from '../case.ts'
import { waitMs } from '../client.ts'
import { ok, same } from '../expectation.ts'

export const errorsCases: readonly Case[] = [
  {
    row: 'WSG-30',
    title: 'text is in the log once it is flushed, while the request still runs, whole and in order',
    validated: true,
    run: async (session) => {
      const client = await session.connect()
      client.send(`GET ${session.path('errors-flush')} HTTP/1.1\r\nHost: x\r\n\r\n`)
      const { token } = session
      await session.logged(`written ${token}`, 'what was flushed')
      await session.logged(`second ${token}`, 'the last line')
      same(client.received, '', 'the answer came before the gate was open')
      session.openGate()
      same((await client.answer()).body, 'written', 'body')
      const [written = -1, first = -1, second = -1] = ['written', 'first', 'second'].map((word) =>
        session.log.indexOf(`${word} ${token}`),
      )
      ok(written < first && first < second, 'the lines are not in order')
    },
  },
  {
    row: 'WSG-30',
    title: 'text beyond ASCII stays readable',
    level: 'P',
    run: async (session) => {
      session.openGate()
      same((await session.ask(session.path('errors-flush'))).status, 200, 'status')
      await session.logged(`written ${session.token} grüße 你`, 'the text')
    },
  },
  {
    row: 'WSG-30',
    title: 'lines of requests that run at the same time do not mix',
    run: async (session) => {
      const letters = [...'abcdefgh']
      await Promise.all(
        letters.map((letter) => session.ask(session.path('errors-lines', `letter=${letter}`))),
      )
      const whole = (): number =>
        letters.reduce((sum, letter) => {
          const line = new RegExp(`line ${session.token} \\d\\d ${letter}{200} end\\s*$`, 'gm')
          return sum + (session.log.match(line)?.length ?? 0)
        }, 0)
      await eventually('400 whole lines', () => (whole() === 400 ? true : undefined), waitMs).catch(() => {})
      same(whole(), 400, 'whole lines')
    },
  },
]

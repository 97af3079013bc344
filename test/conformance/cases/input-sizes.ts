// Rows 23 and 24: input of any size, sized or chunked.

import { createHash } from 'node:crypto'
import type { Case, Session } from '../case.ts'
import { ok, same } from '../expectation.ts'
import type { Results } from './input.ts'
import { chunkedRequest, postHead, sendZeros } from './sending.ts'

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

export const sizeCases: readonly Case[] = [
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
]

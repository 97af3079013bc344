// Every HTTP/1.1 vector against the whole server over sockets: as it is written, and octet by octet (the same result).

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { fieldOf, methodsIn, parseAnswers } from '../../http1/answers.ts'
import { exceptions } from '../../http1/exceptions.ts'
import { type End, judge, type Verdict } from '../../http1/judge.ts'
import { linkOut, porticoConfig, siteFiles } from '../../http1/site.ts'
import { talk } from '../../http1/talk.ts'
import {
  octetByOctet,
  octetsOf,
  piecesOf,
  type Tokens,
  type Vector,
  vectors,
  waitsBetween,
} from '../../http1/vectors.ts'

// The server closes what it keeps soon, so that nobody has to guess how long it stays; all else has time enough.
const config = porticoConfig('limits: { keep_alive: 2s, head_time: 30s, body_idle: 30s, write_idle: 30s }')

/** Long enough that its end is a failure. */
const answerMs = 30_000

let server: RunningPortico
let tokens: Tokens

beforeAll(async () => {
  server = await startPortico({ config, files: siteFiles, shared: true })
  linkOut(server.directory)
  const text = 'GET /static/d1000.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
  const [answer] = parseAnswers(await rawExchange(server.port, text), ['GET']).all
  const said = (name: string): string => (answer === undefined ? '' : (fieldOf(answer, name) ?? ''))
  tokens = { '{{ETAG}}': said('etag'), '{{LAST_MODIFIED}}': said('last-modified') }
})

afterAll(async () => {
  await server.stop()
})

async function verdictOf(vector: Vector, pieces: readonly Buffer[], octets: Buffer): Promise<Verdict> {
  const pauseMs = waitsBetween(vector) ? answerMs : undefined
  const { received } = await talk({ port: server.port, pieces, pauseMs, shutdown: vector.shutdown })
  const answers = parseAnswers(received, methodsIn(octets))
  const last = answers.all.at(-1)
  // It has closed now in any case; open is what it meant to keep.
  const end: End = last === undefined || fieldOf(last, 'connection') === 'close' ? 'close' : 'open'
  return judge(vector, answers, end, tokens, true)
}

/** All vectors at once: most of the time is the wait for the server to close. */
async function faultsOf(cut: (vector: Vector, octets: Buffer) => Buffer[]): Promise<Record<string, string>> {
  const verdicts = await Promise.all(
    vectors.map(async (vector) => {
      const octets = octetsOf(vector, tokens)
      return [vector.id, await verdictOf(vector, cut(vector, octets), octets)] as const
    }),
  )
  const failed = verdicts.filter(([, { faults }]) => faults.length > 0)
  return Object.fromEntries(failed.map(([id, { faults }]) => [id, faults.join('; ')]))
}

const expected = Object.fromEntries(exceptions.map(({ id, fails }) => [id, fails]))

describe(`the ${vectors.length} vectors`, () => {
  it('have the outcome that a strict server gives, but for those that are listed', async () => {
    expect(await faultsOf(piecesOf)).toEqual(expected)
  })

  it('have the same outcome octet by octet', async () => {
    const cut = (vector: Vector, octets: Buffer): Buffer[] =>
      waitsBetween(vector) ? piecesOf(vector, octets) : octetByOctet(octets)
    expect(await faultsOf(cut)).toEqual(expected)
  })
})

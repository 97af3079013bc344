// The same vectors against Portico, Apache httpd, nginx and lighttpd. Not part of the tests: what a peer fails is data.
// `npm run vectors:peers` runs it and keeps the table.

import { writeFileSync } from 'node:fs'
import { afterAll, describe, it } from 'vitest'
import { fieldOf, methodsIn, parseAnswers } from './answers.ts'
import { judge } from './judge.ts'
import { newSite, type RunningServer, removeSite, type Server, servers } from './servers.ts'
import { talk } from './talk.ts'
import { octetsOf, piecesOf, type Tokens, type Vector, vectors } from './vectors.ts'

const serverMs = 300_000
/** Silence after which a server keeps the connection; several times what any of them needs here. */
const idleMs = 2000
const atOnce = 8

interface Row {
  readonly id: string
  readonly level: string
  readonly why: string
  readonly outcome: string
  readonly faults: readonly string[]
}

const table: { name: string; rows: Row[] }[] = []

describe('the HTTP/1.1 vectors side by side', () => {
  it.each(servers)('$name', compare, serverMs)
})

afterAll(() => {
  const file = process.env.PORTICO_VECTORS_TABLE
  if (file !== undefined) writeFileSync(file, JSON.stringify(table))
})

async function compare(server: Server): Promise<void> {
  const directory = newSite()
  const rows: Row[] = []
  table.push({ name: server.name, rows })
  const running = await server.start(directory)
  try {
    const tokens = await tokensOf(running)
    const waiting = vectors.map((vector, index) => ({ vector, index }))
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        rows[next.index] = await rowOf(next.vector, running, tokens)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, lane))
  } finally {
    await running.stop()
    removeSite(directory)
  }
  const passed = rows.filter(({ faults }) => faults.length === 0)
  console.log(`${server.name}: ${passed.length} of ${rows.length}`)
}

async function tokensOf({ port }: RunningServer): Promise<Tokens> {
  const text = 'GET /static/d1000.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
  const { received } = await talk({ port, pieces: [Buffer.from(text)] })
  const [answer] = parseAnswers(received, ['GET']).all
  const said = (name: string): string => (answer === undefined ? '' : (fieldOf(answer, name) ?? ''))
  return { '{{ETAG}}': said('etag'), '{{LAST_MODIFIED}}': said('last-modified') }
}

async function rowOf(vector: Vector, { port }: RunningServer, tokens: Tokens): Promise<Row> {
  const { id, level, why, shutdown, delay_ms: pauseMs } = vector
  const octets = octetsOf(vector, tokens)
  const { received, ended } = await talk({
    port,
    pieces: piecesOf(vector, octets),
    pauseMs,
    shutdown,
    idleMs,
  })
  const end = ended ? 'close' : 'open'
  const verdict = judge(vector, parseAnswers(received, methodsIn(octets)), end, tokens, false)
  return { id, level, why, ...verdict }
}

// The same cases against Portico and the servers of Debian, side by side. Not part of the tests: what a peer fails is
// data. `npm run conformance:peers` runs it and keeps the table.

import { writeFileSync } from 'node:fs'
import { afterAll, describe, it } from 'vitest'
import { cases } from './cases.ts'
import { gunicorn, modWsgi, uwsgi, waitress } from './kinds/peers.ts'
import { porticoDaemon } from './kinds/portico.ts'
import { Place } from './place.ts'
import { type Outcome, outcomeOf, runsOf } from './run.ts'
import { type Column, linesOf, table } from './table.ts'
import { commonSite, type Kind, type Target } from './target.ts'

const peerMs = 1_800_000
const only = process.env.PORTICO_PEERS?.split(',')
const kinds = [porticoDaemon, gunicorn, uwsgi, waitress, modWsgi]
const columns: Column[] = []

describe('PEP 3333 side by side', () => {
  for (const kindOf of kinds) {
    const place = new Place()
    const kind = kindOf(place)
    if (only !== undefined && !only.includes(kind.name.replace(' daemon', ''))) continue
    it(kind.name, () => compare(kind), peerMs)
    afterAll(() => place.remove())
  }
})

afterAll(() => {
  console.log(table(columns))
  const file = process.env.PORTICO_PEERS_TABLE
  if (file !== undefined)
    writeFileSync(file, JSON.stringify({ names: columns.map(({ name }) => name), lines: linesOf(columns) }))
})

async function compare(kind: Kind): Promise<void> {
  const outcomes: Outcome[] = []
  columns.push({ name: kind.name, outcomes })
  let target: Target = await kind.start(commonSite)
  for (const run of runsOf(cases)) {
    outcomes.push(await outcomeOf(run, target))
    if (await isWell(target)) continue
    // What one case did to a server must not count in the next.
    await target.stop()
    target = await kind.start(commonSite)
  }
  await target.stop()
}

async function isWell(target: Target): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${target.port}/where`, {
      signal: AbortSignal.timeout(10_000),
    })
    return answer.status === 200
  } catch {
    return false
  }
}

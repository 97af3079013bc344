// Many requests on one connection: of a raw client, and of a Portico that is the front server of another.

import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { startPortico } from '../../double/server.ts'
import { ask, sha256 } from './client.ts'
import { RecordClient } from './records.ts'
import { openDirectory, startResponder } from './responder.ts'

const count = 20

async function start() {
  const directory = openDirectory()
  const address = `unix:${directory}/app.sock`
  const flags = ['--processes', '1', '--threads', '4', '--script-name', '/']
  const responder = await startResponder(['fastcgi', 'fronted:application', '--bind', address, ...flags])
  const runs = () =>
    eventually('the request runs', () => (existsSync(join(directory, 'held')) ? true : undefined))
  const go = () => writeFileSync(join(directory, 'go'), '')
  return { directory, address, responder, runs, go, held: `${directory}&held` }
}

it('serves twenty requests on one connection, past one that takes its time', async () => {
  const { address, held, runs, go } = await start()
  const client = new RecordClient(address)
  onTestFinished(() => client.end())
  const slow = client.ask(1, '/hold', { query: held })
  await runs()
  const bodies = Array.from({ length: count }, () => randomBytes(100_000))
  const answers = await Promise.all(
    bodies.map((body, i) => client.ask(i + 2, '/digest', { body: body.toString('latin1') })),
  )
  const digests = answers.map(({ status, stdout }) => [
    status,
    JSON.parse(stdout.split('\r\n\r\n')[1] ?? '').sha256,
  ])
  expect(digests).toEqual(bodies.map((body) => [0, sha256(body)]))
  go()
  expect((await slow).stdout).toContain('held')
})

it('serves a Portico in front of it over one connection', async () => {
  const { address, held, runs, go, responder } = await start()
  const front = await startPortico({
    config: `mounts:\n  /: { fastcgi: { address: "${address}", connections: 1 } }\n`,
  })
  // It learns from the first answers that the connection takes several requests.
  expect((await ask(front.port, '/x')).status).toBe(200)
  const slow = ask(front.port, `/hold?${held}`)
  await runs()
  const bodies = Array.from({ length: count }, () => randomBytes(100_000))
  const answers = await Promise.all(bodies.map((body) => ask(front.port, '/digest', { body })))
  expect(answers.map(({ body }) => JSON.parse(String(body)).sha256)).toEqual(bodies.map(sha256))
  const failed = await ask(front.port, '/fail')
  expect(failed.status).toBe(500)
  const id = /[Rr]equest(?: id:)? (\S+)/.exec(String(failed.body))?.[1] ?? String(failed.body)
  await responder.logged('the missing crate', `request=${id.replace(/<.*/, '')}`)
  go()
  expect(String((await slow).body)).toContain('held')
})

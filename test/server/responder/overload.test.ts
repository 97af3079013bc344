// --processes, --threads and --queue: what is too much is refused, and said to be.

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { protocolStatus } from '../../../src/wire/fastcgi.ts'
import { eventually } from '../../double/eventually.ts'
import { isMissing } from '../../double/project.ts'
import { portico } from '../cli/command.ts'
import { ownPlace } from '../gateways/place.ts'
import { ask } from './client.ts'
import { type FrontName, frontNames, packagesOf, startFront } from './front.ts'
import { RecordClient } from './records.ts'
import { openDirectory, startResponder } from './responder.ts'

const small = ['--processes', '1', '--threads', '1', '--queue', '1']

async function start(protocol: 'fastcgi' | 'scgi') {
  const directory = openDirectory()
  const words = [
    protocol,
    'fronted:application',
    '--bind',
    `unix:${directory}/app.sock`,
    '--script-name',
    '/',
    ...small,
  ]
  await startResponder(words)
  const hold = (name: string) => `${directory}&${name}`
  const runs = (name: string) =>
    eventually(`${name} runs`, () => (existsSync(join(directory, name)) ? true : undefined))
  const go = () => writeFileSync(join(directory, 'go'), '')
  return { directory, words, hold, runs, go }
}

it('refuses with FCGI_OVERLOADED beyond its threads and its queue, on one connection and on several', async () => {
  const { directory, hold, runs, go } = await start('fastcgi')
  const [one, two] = [1, 2].map(() => new RecordClient(`unix:${directory}/app.sock`)) as [
    RecordClient,
    RecordClient,
  ]
  onTestFinished(() => [one, two].forEach((client) => void client.end()))
  const running = one.ask(1, '/hold', { query: hold('first') })
  await runs('first')
  const waiting = one.ask(2, '/x')
  expect((await one.ask(3, '/x')).status).toBe(protocolStatus.overloaded)
  expect((await two.ask(1, '/x')).status).toBe(protocolStatus.overloaded)
  go()
  expect([(await running).status, (await waiting).status]).toEqual([0, 0])
  expect((await two.ask(1, '/x')).status).toBe(0)
})

const fronts: readonly [FrontName, 'fastcgi' | 'scgi'][] = frontNames.flatMap((front) => [
  [front, 'fastcgi'],
  [front, 'scgi'],
])

it.each(fronts)('is 503 behind %s over %s', async (front, protocol) => {
  if (isMissing(...packagesOf[front])) return
  const { words, hold, runs, go } = await start(protocol)
  const { stdout } = await portico([...words, '--snippet', front])
  const { port } = await startFront(ownPlace(), front, stdout)
  const running = ask(port, `/hold?${hold('first')}`)
  await runs('first')
  const others = [1, 2].map(() => ask(port, '/x').then(({ status }) => status))
  const refused = await Promise.race(others)
  go()
  expect(refused).toBe(503)
  expect([(await running).status, ...(await Promise.all(others))].sort()).toEqual([200, 200, 503])
})

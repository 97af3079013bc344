import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { load } from '../config/load.ts'
import { loadAnew, type ReloadParts } from './reload.ts'

/** What a server with these mounts, none of whose applications starts anew, says to `portico reload NAME`. */
async function reload(mounts: Readonly<Record<string, unknown>>, name: string): Promise<readonly string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'portico-reload-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const loaded = load({ kind: 'object', value: { mounts }, directory, label: 'test' })
  if (loaded.kind === 'bad') throw new Error(JSON.stringify(loaded.problems))
  const first = { kind: 'ready', tookMs: 1 }
  const renewOne = (application: string) =>
    Promise.resolve({ application, first, isNew: false, answers: true })
  const parts = { effective: loaded.effective, applications: { renewOne } } as unknown as ReloadParts
  return (await loadAnew(parts, name)).outcome.lines
}

it.each([
  ['/', 'app'],
  ['/feed', 'feed'],
  ['/shop/feed.x', 'shop-feed-x'],
])('knows a program that is started for %s as %s', async (mount, name) => {
  const mounts = { [mount]: { fastcgi: { command: ['/bin/sh'] } } }
  expect(await reload(mounts, name)).toEqual([`${name}: the new code answers`])
})

it('says of an application at an address that it was not started here', async () => {
  const mounts = { '/wiki': { fastcgi: 'unix:/run/php.sock' } }
  expect(await reload(mounts, 'wiki')).toEqual([
    '"wiki" is at unix:/run/php.sock and was not started here: whoever keeps it there reloads it',
  ])
})

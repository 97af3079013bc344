import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import * as clock from '../../clock.ts'
import type { Log } from '../../log/log.ts'
import { PasswordQueue } from './password-queue.ts'
import { UsersFile } from './users-file.ts'

const hash = (end: string) => `$apr1$abcdefgh$${end.padStart(22, '0')}`
let nowMs = 0

beforeEach(() => {
  nowMs = 0
  vi.spyOn(clock, 'monotonicMs').mockImplementation(() => nowMs)
})

function place(text: string) {
  const directory = mkdtempSync(join(tmpdir(), 'portico-users-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'htpasswd')
  writeFileSync(path, text)
  const said: string[] = []
  const say = (event: string, facts?: object, more?: string): void => {
    said.push(`${event} ${JSON.stringify(facts).replace(directory, '')} ${more}`)
  }
  const log: Log = { debug: say, info: say, warn: say, error: say }
  const checked: string[] = []
  // A password has the hash that ends with it.
  const queue = new PasswordQueue(async (question) => {
    checked.push(question.password)
    return question.hash.endsWith(`0${question.password}`)
  })
  const users = new UsersFile(path, queue, log)
  const ask = (user: string, password: string): Promise<string> =>
    new Promise((done) => users.check({ user, password }, { address: '::1', done, wanted: () => true }))
  return { path, ask, checked, said }
}

it('admits who is in the file with the right password, and remembers it', async () => {
  const { ask, checked } = place(`ann:${hash('one')}\nbob:${hash('two')}\n`)
  expect(await ask('ann', 'one')).toBe('right')
  expect(await ask('ann', 'one')).toBe('right')
  expect(await ask('ann', 'two')).toBe('wrong')
  expect(checked).toEqual(['one', 'two'])
})

it('checks a password for who is unknown as well, and never takes it for right', async () => {
  const { ask, checked } = place(`ann:${hash('one')}\n`)
  expect(await ask('ann', 'one')).toBe('right')
  expect(await ask('eve', 'one')).toBe('wrong')
  expect(await ask('eve', 'one')).toBe('wrong')
  expect(checked).toEqual(['one', 'one', 'one'])
})

it('checks a password once for all that ask at the same time', async () => {
  const { ask, checked } = place(`ann:${hash('one')}\n`)
  await ask('ann', 'x')
  expect(await Promise.all([ask('ann', 'one'), ask('ann', 'one'), ask('ann', 'one')])).toEqual([
    'right',
    'right',
    'right',
  ])
  expect(checked).toEqual(['x', 'one'])
})

it('reads the file again when it has changed, and forgets what it remembered', async () => {
  const { ask, path } = place(`ann:${hash('one')}\n`)
  expect(await ask('ann', 'one')).toBe('right')
  writeFileSync(path, `ann:${hash('new')}\n`)
  utimesSync(path, 1, 1)
  expect(await ask('ann', 'one')).toBe('right')
  nowMs += 500
  expect(await ask('ann', 'one')).toBe('wrong')
  expect(await ask('ann', 'new')).toBe('right')
})

it('admits nobody while the file cannot be read, and says so', async () => {
  const { ask, path, said } = place(`ann:${hash('one')}\n`)
  expect(await ask('ann', 'one')).toBe('right')
  rmSync(path)
  nowMs += 500
  expect(await ask('ann', 'one')).toBe('failed')
  expect(said).toEqual([
    expect.stringMatching(/^access.users_unreadable {"file":"\/htpasswd"} ENOENT.*user:/),
  ])
  writeFileSync(path, `ann:${hash('one')}\n`)
  nowMs += 500
  expect(await ask('ann', 'one')).toBe('right')
})

it('tells of lines that cannot work, and goes on with the others', async () => {
  const { ask, said } = place(`old:s/PLvEFA68wcY\nann:${hash('one')}\n`)
  expect(await ask('ann', 'one')).toBe('right')
  expect(await ask('old', 'secret')).toBe('wrong')
  expect(said).toEqual([expect.stringMatching(/^access.line_refused {"file":"\/htpasswd:1"} .*"old" .*DES/)])
})

import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findIdentity } from '../process/identity/identity.ts'
import { check } from './check.ts'
import { openOutput } from './print.ts'

let directory = ''

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-check-')))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

async function run(text: string, options: { json?: boolean; print?: boolean } = {}) {
  const out: string[] = []
  const err: string[] = []
  const output = openOutput({ write: (chunk) => out.push(chunk) }, { write: (chunk) => err.push(chunk) }, {})
  if (text !== '') writeFileSync(join(directory, 'portico.yaml'), text)
  const surroundings = {
    cwd: directory,
    environment: {},
    uid: 0,
    groups: [],
    users: { lines: () => [], groups: () => [] },
    cores: 2,
    temporary: '/tmp',
    libpython: () => ({ kind: 'bad' as const, why: 'none here', hint: '' }),
    identity: findIdentity,
  }
  const exit = await check(options, output, surroundings)
  return { exit, out: out.join(''), err: err.join('') }
}

describe('check', () => {
  it('says on stdout that a configuration is valid, and exits 0', async () => {
    const { exit, out, err } = await run('mounts: { /: { redirect: /x } }\n')
    expect([exit, out, err]).toEqual([0, 'portico.yaml is valid: 1 listener, 0 applications, 1 mount\n', ''])
  })

  it('says all problems on stderr, and exits 78', async () => {
    const { exit, out, err } = await run('lisen: 80\nmounts: { app: { redirect: /x } }\n')
    expect([exit, out]).toEqual([78, ''])
    expect(err).toContain('portico.yaml:1:1: lisen: ')
    expect(err).toContain('portico.yaml:2:11: mounts.app: ')
    expect(err).toMatch(/2 problems\n$/)
  })

  it('prints the effective configuration with origins', async () => {
    const { out } = await run('listen: 81\nmounts: { /: { redirect: /x } }\n', { print: true })
    expect(out).toMatch(/- address: "81" +# portico.yaml:1\n/)
  })

  it('gives problems and the effective configuration as JSON', async () => {
    const bad = await run('lisen: 80\n', { json: true })
    expect([bad.exit, JSON.parse(bad.out), bad.err]).toMatchObject([
      78,
      { ok: false, problems: [{ line: 1, setting: 'lisen' }] },
      '',
    ])
    const good = await run('mounts: { /: { redirect: /x } }\n', { json: true, print: true })
    expect(JSON.parse(good.out)).toMatchObject({
      ok: true,
      problems: [],
      effective: { sites: [{}] },
      provenance: { user: 'default' },
    })
  })

  it('exits 1 when there is nothing to check', async () => {
    const { exit, err } = await run('')
    expect(exit).toBe(1)
    expect(err).toContain('nothing to serve found')
  })
})

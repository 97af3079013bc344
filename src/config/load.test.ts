import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { maxPageBytes } from '../handler/page-file.ts'
import { findIdentity } from '../process/identity/identity.ts'
import { load } from './load.ts'

const surroundings = {
  cwd: tmpdir(),
  environment: {},
  uid: 1000,
  groups: [],
  users: { lines: () => [], groups: () => [] },
  cores: 8,
  temporary: '/tmp',
  libpython: () => ({ kind: 'bad' as const, why: 'none here', hint: '' }),
  identity: findIdentity,
}
const python = process.execPath

describe('load', () => {
  it('takes a plain object, and says of each value where it came from', () => {
    const value = { applications: { app: { wsgi: 'a:b', python } }, mounts: { '/': 'app' } }
    const loaded = load(
      { kind: 'object', value, directory: tmpdir(), label: 'detected' },
      { threads: '2' },
      surroundings,
    )
    if (loaded.kind === 'bad') throw new Error(JSON.stringify(loaded.problems))
    const { effective, provenance } = loaded
    expect(effective.applications[0]).toMatchObject({ name: 'app', processes: 4, threads: 2, python })
    expect(effective.runtime).toMatch(/^\/tmp\/portico-1000\/[0-9a-f]{12}$/)
    expect(provenance).toMatchObject({
      'applications.app.wsgi': 'detected',
      'applications.app.threads': 'flag --threads',
      'applications.app.processes': 'default',
      runtime: 'default',
    })
  })

  it('names the label where a plain object is wrong', () => {
    const loaded = load(
      { kind: 'object', value: { mount: {} }, directory: tmpdir(), label: 'detected' },
      {},
      surroundings,
    )
    expect(loaded).toMatchObject({ kind: 'bad', problems: [{ file: 'detected', line: 0, setting: 'mount' }] })
  })

  it('reports a file that cannot be read', () => {
    expect(load({ kind: 'file', path: 'none.yaml' }, {}, surroundings)).toMatchObject({
      kind: 'bad',
      problems: [{ file: 'none.yaml', message: 'the file does not exist' }],
    })
    expect(load({ kind: 'file', path: '.' }, {}, surroundings)).toMatchObject({
      kind: 'bad',
      problems: [{ message: 'a directory, but a file is expected' }],
    })
  })

  it('reports a page that is larger than a page may be', () => {
    const directory = mkdtempSync(join(tmpdir(), 'portico-load-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const value = { errors: { '404': 'big.html', '500': 'most.html' }, mounts: { '/': { redirect: '/x' } } }
    for (const [name, bytes] of [
      ['big.html', maxPageBytes + 1],
      ['most.html', maxPageBytes],
    ] as const) {
      writeFileSync(join(directory, name), '')
      truncateSync(join(directory, name), bytes)
    }
    expect(load({ kind: 'object', value, directory, label: 'detected' }, {}, surroundings)).toMatchObject({
      kind: 'bad',
      problems: [
        { setting: 'errors.404', message: expect.stringMatching(/ has 1048577 octets, and 1048576 /) },
      ],
    })
  })

  it('freezes what it gives', () => {
    const value = { mounts: { '/': { redirect: '/x' } } }
    const loaded = load({ kind: 'object', value, directory: tmpdir(), label: 'detected' }, {}, surroundings)
    expect(loaded.kind === 'ok' && Object.isFrozen(loaded.effective.sites[0]?.mounts)).toBe(true)
  })
})

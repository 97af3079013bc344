// The package as a user gets it: packed, installed globally without scripts, started.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPortico } from '../double/server.ts'

const runFile = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const place = mkdtempSync(join(tmpdir(), 'portico-package-'))
const program = join(place, 'bin/portico')
const installMs = 120_000

beforeAll(async () => {
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', place]
  const { stdout } = await runFile('npm', pack, { cwd: root, timeout: installMs })
  const tarball = join(place, /"filename":\s*"([^"]+)"/.exec(stdout)?.[1] ?? 'no tarball')
  const install = [
    'install',
    '--global',
    '--prefix',
    place,
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
  ]
  await runFile('npm', [...install, '--no-fund', tarball], { cwd: place, timeout: installMs })
}, 2 * installMs)

afterAll(() => rmSync(place, { recursive: true, force: true }))

describe('the installed package', () => {
  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const { stdout } = await runFile(program, ['--version'], { cwd: place })
    expect(stdout).toBe(`portico ${version}\n`)
  })

  it('serves a directory and ends with 0 on SIGTERM', async () => {
    const server = await startPortico({ program, files: { 'index.html': '<p>hello from a package</p>\n' } })
    const response = await fetch(server.url)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('<p>hello from a package</p>\n')
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})

// `portico check --load`: the applications are imported as a worker would, and nothing stays behind.

import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { publicProgram } from '../../double/public-copy.ts'
import { portico, scratch } from './command.ts'

const good = `import os
open('loaded-by', 'w').write(str(os.getuid()))
print('a word of the application')
def application(environ, start_response):
    return []
`
const two = `applications:
  shop: { wsgi: "shop:application" }
  wiki:
    wsgi: wiki:application
mounts: { /: shop, /wiki: wiki }
`

it('loads every application, says how long it took, and what it printed', async () => {
  const directory = scratch({ 'portico.yaml': two, 'shop.py': good, 'wiki.py': good })
  const { code, stdout, stderr } = await portico(['check', '--load'], { directory })
  expect(stdout).toMatch(
    /^portico\.yaml is valid: .+\nshop can be loaded: it took \d+ ms\nwiki can be loaded: it took \d+ ms\n$/,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'a word of the application\n'.repeat(2) })
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('portico-check-'))).toEqual([])
})

it('runs nothing of an application without --load', async () => {
  const directory = scratch({ 'portico.yaml': two, 'shop.py': good, 'wiki.py': 'raise RuntimeError\n' })
  expect((await portico(['check'], { directory })).code).toBe(0)
  expect(existsSync(join(directory, 'loaded-by'))).toBe(false)
})

it('says which application cannot be loaded, at its place in the file, and exits 1', async () => {
  const directory = scratch({ 'portico.yaml': two, 'shop.py': good, 'wiki.py': 'import os\n\n1 / 0\n' })
  const { code, stdout, stderr } = await portico(['check', '--load'], { directory })
  expect({ code, stdout: stdout.replace(/\d+ ms/, 'N ms') }).toEqual({
    code: 1,
    stdout: 'shop can be loaded: it took N ms\n',
  })
  expect(stderr).toContain('Traceback (most recent call last):\n')
  expect(stderr).toContain(
    'portico.yaml:4:11: applications.wiki.wsgi: Cannot load application "wiki:application": importing "wiki" raised ZeroDivisionError: division by zero\n' +
      `  Look at "${directory}/wiki.py" line 3; python: `,
  )
})

it('says the same to programs', async () => {
  const directory = scratch({ 'portico.yaml': two, 'shop.py': good, 'wiki.py': '1 / 0\n' })
  const { code, stdout } = await portico(['check', '--load', '--json'], { directory })
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    loaded: [{ application: 'shop', tookMs: expect.any(Number) }],
    problems: [
      {
        file: 'portico.yaml',
        line: 4,
        column: 11,
        stage: 'load',
        traceback: expect.stringContaining('wiki.py'),
      },
    ],
  })
})

it('gives an application the time of startup_time, and shows where it hangs', async () => {
  const config =
    'applications: { shop: { wsgi: "shop:app", limits: { startup_time: 1s } } }\nmounts: { /: shop }\n'
  const directory = scratch({
    'portico.yaml': config,
    'shop.py': 'import threading\nthreading.Event().wait()\n',
  })
  const { code, stderr } = await portico(['check', '--load'], { directory })
  expect(code).toBe(1)
  expect(stderr).toMatch(/applications\.shop\.wsgi: .+ was not ready within 1 s\n {2}Look at what/)
  expect(stderr).toContain('shop.py", line 2')
})

it.runIf(process.getuid?.() === 0)('loads it as its user', async () => {
  const config =
    'applications: { shop: { wsgi: "shop:application", user: nobody, python: /usr/bin/python3 } }\nmounts: { /: shop }\n'
  const directory = scratch({ 'portico.yaml': config, 'shop.py': good })
  chownSync(directory, 65534, 65534)
  const { code, stderr } = await portico(['check', '--load'], { directory, program: publicProgram() })
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'a word of the application\n' })
  expect(readFileSync(join(directory, 'loaded-by'), 'utf8')).toBe('65534')
})

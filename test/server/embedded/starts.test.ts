// What the server makes of embedded applications at its start: venvs, daemons beside them, failures, missing libraries.

import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { httpPid } from '../../double/processes.ts'
import { systemPython } from '../../double/project.ts'
import { startPortico } from '../../double/server.ts'
import { ask, eventually } from '../cli/ask.ts'
import { portico, scratch } from '../cli/command.ts'
import {
  askJson,
  describe,
  embeddedConfig,
  fixtures,
  it,
  plainEnvironment,
  startEmbedded,
} from './embedded.ts'

const plain = Object.fromEntries(Object.entries(plainEnvironment).map(([name, value]) => [name, value ?? '']))

/** Says of itself what Python says that was built without its shared library. */
const staticPython = `#!/bin/sh
echo '{"version": [3, 11, 2], "implementation": "cpython", "free": false, "debian": true,
  "names": ["libpython3.11.so.1.0"], "places": ["/nonexistent"]}'
`

describe('a virtual environment', () => {
  it('is honoured: prefix, executable, packages and .pth files', async () => {
    const directory = scratch({ 'beside/neighbour.py': 'WORD = "found by a .pth file"\n' })
    const venv = join(directory, 'venv')
    execFileSync(systemPython, ['-m', 'venv', '--without-pip', venv])
    const packages = join(venv, 'lib/python3.11/site-packages')
    const write = 'import sys; open(sys.argv[1], "w").write(sys.argv[2])'
    execFileSync(systemPython, ['-c', write, join(packages, 'inside.py'), 'WORD = "a package"\n'])
    execFileSync(systemPython, ['-c', write, join(packages, 'beside.pth'), join(directory, 'beside')])
    const server = await startPortico({
      config: `applications: { in: { wsgi: "app:application", python: ${venv}, mode: embedded } }\nmounts: { /: in }\n`,
      files: {
        'app.py': `import sys, inside, neighbour
def application(environ, start_response):
    start_response('200 OK', [])
    return [repr([sys.prefix, sys.executable, sys.base_prefix, inside.WORD, neighbour.WORD]).encode()]
`,
      },
      environment: plainEnvironment,
    })
    const { body } = await ask(server.port, '/')
    expect(body).toBe(
      `['${venv}', '${join(venv, 'bin/python3')}', '/usr', 'a package', 'found by a .pth file']`,
    )
  })
})

describe('two applications', () => {
  it('share the interpreter of one process', async () => {
    const server = await startEmbedded({ modules: ['facts', 'ends'] })
    const { pid } = await askJson(server, '/')
    expect((await ask(server.port, '/ends/')).body).toBe(String(pid))
    expect(pid).toBe(httpPid(server))
  })

  it('are one embedded and one a daemon', async () => {
    const server = await startPortico({
      config: `applications:
  facts: { wsgi: "facts:application", directory: ${fixtures}, python: ${systemPython}, mode: embedded }
  daemon: { wsgi: "facts:application", directory: ${fixtures}, python: ${systemPython}, mode: daemon, processes: 1 }
mounts: { /: facts, /daemon: daemon }
`,
      environment: plainEnvironment,
    })
    const [inside, beside] = [await askJson(server, '/'), await askJson(server, '/daemon/')]
    expect(inside.pid).toBe(httpPid(server))
    expect(beside.pid).not.toBe(inside.pid)
    expect(server.stderr()).toMatch(/mount +\/ +wsgi +facts:application +embedded in the HTTP process/)
    expect(server.stderr()).toMatch(/mount +\/daemon +wsgi +facts:application +daemon/)
  })

  it('are refused with the reason when they cannot share it', async () => {
    const directory = scratch({
      'portico.yaml': `applications:
  one: { wsgi: "facts:application", directory: ${fixtures}, python: ${systemPython}, mode: embedded, environment: { A: "1" } }
  two: { wsgi: "ends:application", directory: ${fixtures}, python: ${systemPython}, mode: embedded, environment: { A: "2" } }
mounts: { /: one, /two: two }
`,
    })
    const { code, stderr } = await portico(['check', 'portico.yaml'], { directory, environment: plain })
    expect(code).toBe(78)
    expect(stderr).toMatch(
      /portico\.yaml:3:\d+: .*applications\.two\.environment\.A: the embedded application "one"/,
    )
    expect(stderr).toContain('Set mode: daemon for one of the two')
  })
})

describe('an interpreter without libpython', () => {
  const files = {
    'python-static': staticPython,
    'app.py': 'def application(environ, start_response): pass\n',
  }
  const config = (mode: string): string =>
    `applications: { app: { wsgi: "app:application", python: ./python-static, mode: ${mode} } }\nmounts: { /: app }\n`

  it.each(['check', 'serve'])('is a problem that names what to install: portico %s', async (verb) => {
    const directory = scratch({ ...files, 'portico.yaml': config('embedded') })
    chmodSync(join(directory, 'python-static'), 0o755)
    const { code, stderr } = await portico([verb, 'portico.yaml'], { directory, environment: plain })
    expect(code).toBe(78)
    expect(stderr).toMatch(
      /portico\.yaml:1:\d+: .*python-static" \(Python 3\.11\.2\) has no shared library libpython/,
    )
    expect(stderr).toContain('apt-get install libpython3.11')
  })

  it('runs the application as a daemon when the mode is auto, and says why', async () => {
    const directory = scratch({ ...files, 'portico.yaml': config('auto') })
    chmodSync(join(directory, 'python-static'), 0o755)
    const { stderr } = await portico(['check', 'portico.yaml'], { directory, environment: plain })
    expect(stderr).toMatch(
      /warning: applications\.app\.mode: auto takes daemon: .* has no shared library libpython/,
    )
    const { stdout } = await portico(['check', '--print', 'portico.yaml'], { directory, environment: plain })
    expect(stdout).toMatch(/mode: daemon/)
  })
})

describe('an application that cannot be imported', () => {
  it.each([
    ['raises', 'raise ValueError("not today")', 'ValueError: not today'],
    ['ends the process', 'import sys\nsys.exit("no configuration")', 'no configuration'],
    ['interrupts', 'raise KeyboardInterrupt', 'KeyboardInterrupt'],
    ['does not come to an end', 'import time\ntime.sleep(1000)', 'it was not imported within 1 s'],
  ])('and %s leaves the others alone', async (_, source, reason) => {
    const server = await startPortico({
      config: `applications:
  bad: { wsgi: "bad:application", python: ${systemPython}, mode: embedded, limits: { startup_time: 1s } }
  facts: { wsgi: "facts:application", directory: ${fixtures}, python: ${systemPython}, mode: embedded }
mounts: { /: facts, /bad: bad, /files: { files: files } }
`,
      files: { 'bad.py': source, 'files/a.txt': 'a file' },
      environment: plainEnvironment,
    })
    expect((await ask(server.port, '/bad/')).status).toBe(500)
    expect((await ask(server.port, '/')).status).toBe(200)
    expect((await ask(server.port, '/files/a.txt')).body).toBe('a file')
    expect(server.stderr()).toMatch(/error worker\.failed application=bad /)
    expect(server.stderr()).toContain(reason)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })
})

describe('--reload', () => {
  it('runs an embedded application as a daemon and says so', async () => {
    const server = await startPortico({
      config: embeddedConfig({ modules: ['facts'] }),
      files: { 'files/a.txt': 'a file' },
      args: ['--reload'],
      environment: plainEnvironment,
    })
    await eventually(async () => expect((await askJson(server, '/')).pid).not.toBe(httpPid(server)))
    expect(server.stderr()).toContain('--reload runs embedded applications in daemon mode')
    expect(server.stderr()).toMatch(/mount +\/ +wsgi +facts:application +daemon/)
  })
})

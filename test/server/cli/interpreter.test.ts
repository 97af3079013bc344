// Interpreters that cannot run a worker: `portico check` says why, and so does a server that has to find out by itself.

import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { publicProgram } from '../../double/public-copy.ts'
import { startPortico } from '../../double/server.ts'
import { ask } from './ask.ts'
import { portico, scratch } from './command.ts'

const files = {
  'app.py':
    'def application(environ, start_response):\n    start_response("200 OK", [])\n    return [b"served"]\n',
}

function configuration(python: string, more = ''): string {
  return `applications: { shop: { wsgi: app.py, python: ${JSON.stringify(python)}, processes: 1${more} } }\nmounts: { /: shop }\n`
}

/** What `portico check` says first, and its exit code. */
async function checked(python: string, more = ''): Promise<{ code: number | null; stderr: string }> {
  const directory = scratch({ ...files, 'portico.yaml': configuration(python, more) })
  const { code, stderr } = await portico(['check'], { directory, program: publicProgram() })
  return { code, stderr }
}

/** What a server says that was started all the same. */
async function startFailure(python: string, more = ''): Promise<string> {
  const config = configuration(python, more)
  const server = await startPortico({ config, files, program: publicProgram() })
  expect((await ask(server.port, '/')).status).toBe(503)
  return /^failed {3}shop: (.*)$/m.exec(server.stderr())?.[1] ?? server.stderr()
}

/** A virtual environment in a directory of its own, made by the python3 of the PATH. */
function venv(): string {
  const path = join(scratch(), 'venv')
  execFileSync('python3', ['-m', 'venv', '--without-pip', path])
  return path
}

/** A file that may be executed. */
function program(content: string | Buffer): string {
  const path = join(scratch(), 'python3')
  writeFileSync(path, content)
  chmodSync(path, 0o755)
  return path
}

/** The head of an ELF program for the machine of that number. */
function elf(machine: number): Buffer {
  const head = Buffer.alloc(64)
  head.write('\x7fELF\x02\x01\x01', 'latin1')
  head.writeUInt16LE(2, 16)
  head.writeUInt16LE(machine, 18)
  return head
}

it('says that the base of a virtual environment has gone, and how to make it again', async () => {
  const place = venv()
  for (const name of readdirSync(join(place, 'bin'))) {
    if (!name.startsWith('python')) continue
    rmSync(join(place, 'bin', name))
    symlinkSync('/opt/gone/bin/python3', join(place, 'bin', name))
  }
  for (const python of [place, join(place, 'bin/python3')]) {
    const { code, stderr } = await checked(python)
    expect(code).toBe(78)
    expect(stderr).toContain(
      `: applications.shop.python: the virtual environment "${place}" needs "/opt/gone/bin/python3", which does not exist`,
    )
    expect(stderr).toContain(`  Make it again: python3 -m venv --clear ${place}, then`)
  }
})

it('does not pass over the broken environment of a project without a word', async () => {
  const directory = scratch({
    ...files,
    'portico.yaml': 'mounts: { /: { wsgi: app.py } }\n',
    '.venv/bin/': '',
  })
  writeFileSync(join(directory, '.venv/pyvenv.cfg'), 'home = /opt/gone/bin\n')
  symlinkSync('/opt/gone/bin/python3', join(directory, '.venv/bin/python3'))
  const { code, stderr } = await portico(['check'], { directory })
  expect(code).toBe(0)
  expect(stderr).toMatch(
    /portico\.yaml:1:\d+: warning: .*"\/opt\/gone\/bin\/python3", which does not exist: .+; ".+" is used instead\n {2}Make it again/,
  )
})

it('says that the base of a virtual environment was upgraded, so that its packages are not seen', async () => {
  const place = venv()
  const settings = join(place, 'pyvenv.cfg')
  writeFileSync(settings, readFileSync(settings, 'utf8').replace(/^version = .*$/m, 'version = 3.4.1'))
  const { code, stderr } = await checked(place)
  expect(code).toBe(0)
  expect(stderr).toMatch(
    /: warning: .+ was made with Python 3\.4, but its interpreter is Python 3\.\d+\.\d+ now/,
  )

  const library = join(place, 'lib')
  renameSync(join(library, readdirSync(library)[0] ?? ''), join(library, 'python3.4'))
  writeFileSync(join(library, 'python3.4/site-packages/only_there.py'), '')
  const app = 'import only_there\n'
  const config = configuration(place)
  const server = await startPortico({ config, files: { 'app.py': app } })
  expect(server.stderr()).toContain(`The packages of this virtual environment are in "${library}/python3.4"`)
  expect(server.stderr()).toContain(`python3 -m venv --clear ${place}`)
})

it('says what PYTHONHOME does', async () => {
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  }).trim()
  const more = ', environment: { PYTHONHOME: /no/such/home }'
  const said = `"${python}" cannot find its standard library: PYTHONHOME sends it to "/no/such/home"`
  const { code, stderr } = await checked(python, more)
  expect(code).toBe(78)
  expect(stderr).toContain(`${said}\n  Remove PYTHONHOME from "environment"`)
  expect(await startFailure(python, more)).toBe(`Cannot start application "shop": ${said}`)
})

it.each([
  [
    'a program for another machine',
    () => program(elf(process.arch === 'arm64' ? 62 : 183)),
    /is a program for \w+, but this machine is \w+$/,
  ],
  ['a file that is no program', () => program('python\n'), /is not a program that this machine can run$/],
  [
    'a script whose interpreter has gone',
    () => program('#!/no/such/python\n'),
    /is a script whose first line names "\/no\/such\/python", which does not exist$/,
  ],
  [
    'a program that is not Python',
    () => '/bin/true',
    /does not behave like Python; it is the program "\w+"$/,
  ],
])('tells about %s', async (_, make, words) => {
  const python = make()
  const { code, stderr } = await checked(python)
  expect(code).toBe(78)
  const [first = '', second = ''] = stderr.split('\n')
  expect(first).toMatch(words)
  expect(first).toMatch(/portico\.yaml:1:\d+: applications\.shop\.python: /)
  expect(second).toMatch(/^ {2}Set python: to an? /)
  const failure = await startFailure(python)
  expect(failure).toMatch(/^Cannot start application "shop": /)
  expect(failure).toMatch(words)
})

it('tells a directory without an interpreter from an interpreter that may not be executed', async () => {
  const directory = scratch({ 'bin/python3': '', 'empty/': '' })
  expect((await checked(join(directory, 'empty'))).stderr).toContain(
    'is not a virtual environment: it has no bin/python3',
  )
  expect((await checked(directory)).stderr).toContain(`"${directory}/bin/python3" is not executable`)
  expect((await checked(join(directory, 'bin/python3'))).stderr).toContain('is not executable')
  expect((await checked(join(directory, 'bin/pythom3'))).stderr).toContain('does not exist')
})

it('tells a Python that is too old', async () => {
  const old = program('#!/bin/sh\nprintf "Python 3.6.15"\n')
  const { code, stderr } = await checked(old)
  expect(code).toBe(78)
  expect(stderr).toContain(
    `"${old}" is Python 3.6.15; 3.8 or newer is needed\n  Set python: to a newer interpreter`,
  )
})

/** A Python that only its owner may get at, as one below /root is. */
function closedPython(): { python: string; closed: string } {
  const directory = scratch({ 'closed/bin/': '' })
  const closed = join(directory, 'closed')
  symlinkSync('/usr/bin/python3', join(closed, 'bin/python3'))
  chmodSync(closed, 0o700)
  return { python: join(closed, 'bin/python3'), closed }
}

it.runIf(process.getuid?.() === 0)(
  'says that the user of an application may not run it, and where',
  async () => {
    const { python, closed } = closedPython()
    const said = `the user "nobody" may not run "${python}": "${closed}" does not let that user through`
    const { code, stderr } = await checked(python, ', user: nobody')
    expect(code).toBe(78)
    expect(stderr).toMatch(/portico\.yaml:1:\d+: applications\.shop\.python: the user/)
    expect(stderr).toContain(
      `${said}\n  Put it where that user may read it, or let the user in: setfacl -m u:nobody:rx ${closed}`,
    )
    expect(await startFailure(python, ', user: nobody')).toBe(`Cannot start application "shop": ${said}`)
  },
)

it.runIf(process.getuid?.() === 0)(
  'does not say of a Python that may not be read that it is not there',
  async () => {
    const { python, closed } = closedPython()
    const directory = scratch({ ...files, 'venv/bin/': '' })
    symlinkSync(python, join(directory, 'venv/bin/python3'))
    const written = join(directory, 'portico.yaml')
    for (const named of [python, closed, join(directory, 'venv')]) {
      writeFileSync(written, configuration(named))
      const { code, stderr } = await portico(['check'], { directory, uid: 65534 })
      expect(code).toBe(78)
      expect(stderr).toMatch(
        /^portico\.yaml:1:\d+: applications\.shop\.python: the interpreter ".+python3" may not be read by this user\n {2}Change/,
      )
    }
    // One that is not named is passed over, but not in silence.
    writeFileSync(written, 'mounts: { /: { wsgi: app.py } }\n')
    const environment = { PATH: '/usr/bin:/bin' }
    const { code, stderr } = await portico(['check'], { directory, uid: 65534, environment })
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /: warning: .*"\S+venv\/bin\/python3" may not be read by this user; "\/usr\/bin\/python3" is used instead\n/,
    )
  },
)

it.runIf(process.getuid?.() === 0)('names a user that does not exist, and where it is named', async () => {
  const { code, stderr } = await checked('/usr/bin/python3', ', user: no-such-user')
  expect(code).toBe(78)
  expect(stderr).toMatch(
    /portico\.yaml:1:\d+: applications\.shop\.user: there is no user "no-such-user"\n {2}Create it with: useradd/,
  )
})

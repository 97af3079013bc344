import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ScriptStart, startText } from './start-text.ts'

// Every octet but NUL, with what shells have meanings for at its end.
const octets = `${Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1)).join('')}'"\\$(x)\`!\n\n`

const known: readonly (readonly [string, readonly string[]])[] = [
  ['/bin/sh', []],
  ['/bin/dash', []],
  ['/bin/bash', ['--posix']],
  ['/bin/busybox', ['sh']],
]
const shells = known.filter(([program]) => existsSync(program))

function run(program: string, args: readonly string[], start: Partial<ScriptStart>): string {
  const directory = mkdtempSync(join(tmpdir(), 'portico-text-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'text')
  const whole = {
    program: '/bin/sh',
    arguments: [],
    directory: '/',
    environment: new Map(),
    limits: [],
    ...start,
  }
  writeFileSync(path, startText(whole))
  const said = spawnSync('/bin/sh', ['-c', `exec "$@" <${path} 3</dev/null`, 'sh', program, ...args], {
    env: {},
    encoding: 'latin1',
  })
  expect(said.stderr).toBe('')
  return said.stdout
}

describe.each(shells)('what is told to %s %j', (program, args) => {
  it('gives a script its variables octet by octet, whatever their names are to a shell', () => {
    const names = ['PLAIN', 'IFS', 'PWD', 'LC_ALL', 'PATH', 'a.b', 'OPTIND']
    const environment = new Map(names.map((name) => [name, name === 'PLAIN' ? octets : `of ${name}`]))
    const said = run(program, args, { program: '/usr/bin/env', arguments: ['-0'], environment })
    const pairs = said.split('\0').filter((pair) => pair !== '' && !pair.startsWith('SHLVL='))
    expect(
      new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    ).toEqual(environment)
  })

  it('gives a script its arguments octet by octet, and its directory', () => {
    const args0 = [
      '-c',
      'printf "%s\\0" "$@"; pwd; cat; ls /proc/$$/fd | tr "\\n" " "',
      'sh',
      octets,
      '',
      '-e',
    ]
    const environment = new Map([['PATH', '/usr/bin:/bin']])
    const said = run(program, args, { arguments: args0, directory: '/usr', environment })
    expect(said.split('\0')).toEqual([octets, '', '-e', expect.stringMatching(/^\/usr\n0 1 2 /)])
  })
})

import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findPythons, namedPython, venvPython } from './python.ts'

let directory = ''

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-python-')))
})

afterEach(() => {
  rmSync(directory, { recursive: true })
})

/** An executable that is no script, as interpreters are: a link to a real program. */
function program(path: string): string {
  const full = join(directory, path)
  mkdirSync(dirname(full), { recursive: true })
  symlinkSync(process.execPath, full)
  return full
}

function script(path: string, text: string): string {
  const full = join(directory, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  chmodSync(full, 0o755)
  return full
}

describe('findPythons', () => {
  it('prefers .venv, then venv, then $VIRTUAL_ENV, then PATH', () => {
    const paths = [
      'bin/python3',
      'other/bin/python3',
      'project/venv/bin/python',
      'project/.venv/bin/python3',
    ].map(program)
    const environment = { PATH: `relative:${join(directory, 'bin')}`, VIRTUAL_ENV: join(directory, 'other') }
    expect(findPythons(join(directory, 'project'), environment)).toEqual(paths.reverse())
  })

  it('replaces a shim by the interpreter that it runs', () => {
    const real = program('real/python3')
    script('bin/python3', `#!/bin/sh\nprintf %s '${real}'\n`)
    expect(findPythons(directory, { PATH: join(directory, 'bin') })).toEqual([real])
  })

  it('keeps a script that does not answer', () => {
    const path = script('bin/python3', '#!/bin/sh\nexit 1\n')
    expect(findPythons(directory, { PATH: join(directory, 'bin') })).toEqual([path])
  })

  it('finds nothing where there is nothing', () => {
    expect(findPythons(directory, {})).toEqual([])
  })
})

describe('namedPython', () => {
  it('takes a file, a virtual environment and a command on PATH', () => {
    const file = program('py/python3.9')
    const venv = program('env/bin/python3')
    const environment = { PATH: join(directory, 'py') }
    expect(namedPython('py/python3.9', directory, environment)).toEqual({ kind: 'ok', path: file })
    expect(namedPython('env', directory, environment)).toEqual({ kind: 'ok', path: venv })
    expect(namedPython('python3.9', directory, environment)).toEqual({ kind: 'ok', path: file })
  })

  it('says what is wrong with everything else', () => {
    writeFileSync(join(directory, 'file'), '')
    mkdirSync(join(directory, 'empty'))
    const why = (written: string) => {
      const named = namedPython(written, directory, {})
      return named.kind === 'bad' ? named.why.replace(directory, 'DIR') : 'ok'
    }
    expect(['file', 'empty', 'file/python3', 'gone'].map(why)).toEqual([
      '"DIR/file" is not executable',
      '"DIR/empty" is not a virtual environment: it has no bin/python3',
      'the interpreter "DIR/file/python3" does not exist',
      'the interpreter "DIR/gone" does not exist',
    ])
  })
})

describe('venvPython', () => {
  it('does not resolve the link, for its path makes it the environment', () => {
    const path = program('env/bin/python3')
    expect(venvPython(join(directory, 'env'))).toBe(path)
  })
})

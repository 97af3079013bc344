// Which Python: a path or a virtual environment that was named, or else the one that belongs to a directory.
// A virtual environment's interpreter is kept as it is (its path is what makes it that environment);
// a version manager's shim, a slow shell script, is replaced by the interpreter that it would run.

import { execFileSync } from 'node:child_process'
import type { Stats } from 'node:fs'
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { danglingInterpreter, type InterpreterFault } from './interpreter-fault.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type NamedPython =
  | { readonly kind: 'ok'; readonly path: string }
  | { readonly kind: 'bad'; readonly why: string; readonly hint: string }

/** How long an interpreter may take to say where it is. */
const shimTimeoutMs = 10_000

/** The interpreter in a virtual environment, or undefined when `directory` is none. */
export function venvPython(directory: string): string | undefined {
  return [join(directory, 'bin/python3'), join(directory, 'bin/python')].find(isExecutable)
}

/** The interpreter that `written` names: a file, a virtual environment, or a command on PATH. */
export function namedPython(written: string, base: string, environment: Environment): NamedPython {
  const path = resolve(base, written)
  if (isDirectory(path)) {
    const inside = venvPython(path)
    if (inside !== undefined) return { kind: 'ok', path: inside }
    const gone =
      danglingInterpreter(join(path, 'bin/python3')) ?? danglingInterpreter(join(path, 'bin/python'))
    if (gone !== undefined) return { kind: 'bad', ...gone }
    const dead = ['bin/python3', 'bin/python'].map((name) => join(path, name)).find(isThere)
    if (dead !== undefined) return bad(`"${dead}" is not executable`, `Allow it: chmod +x ${dead}`)
    return bad(
      `"${path}" is not a virtual environment: it has no bin/python3`,
      `Make one with: python3 -m venv ${path}`,
    )
  }
  if (isExecutable(path)) return { kind: 'ok', path: withoutShim(path, base, environment) }
  if (isThere(path)) return bad(`"${path}" is not executable`, 'Name an interpreter or a virtual environment')
  const gone = danglingInterpreter(path)
  if (gone !== undefined) return { kind: 'bad', ...gone }
  const command = written.includes('/') ? undefined : onPath(written, environment)
  if (command !== undefined) return { kind: 'ok', path: withoutShim(command, base, environment) }
  return bad(`the interpreter "${path}" does not exist`, 'Name an interpreter or a virtual environment')
}

/** The interpreters that may belong to `directory`, best first: .venv, venv, $VIRTUAL_ENV, python3 on PATH. */
export function findPythons(directory: string, environment: Environment): readonly string[] {
  const places = [join(directory, '.venv'), join(directory, 'venv'), environment.VIRTUAL_ENV]
  const venvs = places.map((place) => (place ? venvPython(place) : undefined))
  const command = onPath('python3', environment) ?? onPath('python', environment)
  const found = [...venvs, command === undefined ? undefined : withoutShim(command, directory, environment)]
  return found.filter((path) => path !== undefined)
}

/** The virtual environments of a directory that would be taken if their interpreter were there. */
export function brokenVenvs(directory: string): readonly InterpreterFault[] {
  const places = ['.venv', 'venv'].map((name) => join(directory, name, 'bin/python3'))
  return places.flatMap((path) => danglingInterpreter(path) ?? [])
}

function onPath(command: string, environment: Environment): string | undefined {
  const places = (environment.PATH ?? '').split(delimiter).filter((place) => place.startsWith('/'))
  return places.map((place) => join(place, command)).find(isExecutable)
}

/** A script in place of an interpreter is asked what it runs; `cwd` matters, for shims choose by directory. */
function withoutShim(path: string, cwd: string, environment: Environment): string {
  if (!isScript(path)) return path
  try {
    const code = 'import sys; sys.stdout.write(sys.executable)'
    const real = execFileSync(path, ['-c', code], {
      cwd: isDirectory(cwd) ? cwd : '/',
      env: { ...environment },
      encoding: 'utf8',
      timeout: shimTimeoutMs,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return isExecutable(real) ? real : path
  } catch {
    return path
  }
}

function isScript(path: string): boolean {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const start = Buffer.alloc(2)
      return readSync(descriptor, start, 0, 2, 0) === 2 && start.toString('latin1') === '#!'
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return false
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function isThere(path: string): boolean {
  return look(path) !== undefined
}

function isDirectory(path: string): boolean {
  return look(path)?.isDirectory() ?? false
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function bad(why: string, hint: string): NamedPython {
  return { kind: 'bad', why, hint }
}

// Which Python: a path or a virtual environment that was named, or else the one that belongs to a directory.
// A virtual environment's interpreter is kept as it is (its path is what makes it that environment);
// a version manager's shim, a slow shell script, is replaced by the interpreter that it would run.

import { execFileSync } from 'node:child_process'
import type { Stats } from 'node:fs'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Identity } from '../identity/identity.ts'
import { startAs } from '../identity/start-as.ts'
import { isExecutable, mayRun, onPath } from '../service/program.ts'
import { questionEnvironment } from '../worker/worker-environment.ts'
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

/**
 * The interpreter that `written` names: a file, a virtual environment, or a command on PATH. What has to be asked is
 * asked as `identity`.
 */
export function namedPython(
  written: string,
  base: string,
  environment: Environment,
  identity: Identity | null = null,
): NamedPython {
  const path = resolve(base, written)
  if (isDirectory(path)) {
    const inside = venvPython(path)
    if (inside !== undefined) return { kind: 'ok', path: inside }
    const denied = deniedAt(join(path, 'bin/python3'))
    if (denied !== undefined) return { kind: 'bad', ...denied }
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
  if (isExecutable(path)) return { kind: 'ok', path: withoutShim(path, base, environment, identity) }
  if (isThere(path)) return bad(`"${path}" is not executable`, 'Name an interpreter or a virtual environment')
  const denied = deniedAt(path)
  if (denied !== undefined) return { kind: 'bad', ...denied }
  const gone = danglingInterpreter(path)
  if (gone !== undefined) return { kind: 'bad', ...gone }
  const command = written.includes('/') ? undefined : onPath(written, environment.PATH, identity)
  if (command !== undefined) return { kind: 'ok', path: withoutShim(command, base, environment, identity) }
  return bad(`the interpreter "${path}" does not exist`, 'Name an interpreter or a virtual environment')
}

/** The interpreters that may belong to `directory`, best first: .venv, venv, $VIRTUAL_ENV, python3 on PATH. */
export function findPythons(
  directory: string,
  environment: Environment,
  identity: Identity | null = null,
): readonly string[] {
  const own = [join(directory, '.venv'), join(directory, 'venv')].map(venvPython)
  const shell = environment.VIRTUAL_ENV ? venvPython(environment.VIRTUAL_ENV) : undefined
  const command =
    onPath('python3', environment.PATH, identity) ?? onPath('python', environment.PATH, identity)
  const real = command === undefined ? undefined : withoutShim(command, directory, environment, identity)
  // What the shell of root offers may be for root alone; the directory's own environment is always meant.
  const found = [...own, shell !== undefined && mayRun(identity, shell) ? shell : undefined, real]
  return found.filter((path) => path !== undefined)
}

/** The virtual environments of a directory that would be taken if their interpreter were there, or could be read. */
export function brokenVenvs(directory: string): readonly InterpreterFault[] {
  const places = ['.venv', 'venv'].map((name) => join(directory, name, 'bin/python3'))
  return places.flatMap((path) => deniedAt(path) ?? danglingInterpreter(path) ?? [])
}

/** A script in place of an interpreter is asked what it runs; `cwd` matters, for shims choose by directory. */
function withoutShim(path: string, cwd: string, environment: Environment, identity: Identity | null): string {
  if (!isScript(path)) return path
  const code = 'import sys; sys.stdout.write(sys.executable)'
  const start = startAs(identity, path, ['-c', code], questionEnvironment(path, environment, identity))
  try {
    const real = execFileSync(start.file, start.arguments, {
      ...start.options,
      cwd: isDirectory(cwd) ? cwd : '/',
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

/** Of an interpreter that may be there for others: this user may not look. */
function deniedAt(path: string): InterpreterFault | undefined {
  try {
    statSync(path)
    return undefined
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) return undefined
    return {
      why: `the interpreter "${path}" may not be read by this user`,
      hint: 'Change the permissions of the directories above it, or start as another user',
    }
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

// Which program a name means: a path from a directory, or a command on PATH, as the user who is to run it would find it.

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import type { Identity } from '../identity/identity.ts'
import { blockedAt } from '../identity/reach.ts'
import { interpreterFault } from '../system/spawn-fault.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type Program =
  | { readonly kind: 'ok'; readonly path: string }
  | {
      readonly kind: 'bad'
      /** Where it was looked for, when that is one place. */
      readonly path?: string
      readonly message: string
      readonly hint: string
    }

/** The PATH of what runs with this environment. */
export function pathOf(environment: Environment, inherited: Environment): string | undefined {
  return environment.PATH ?? inherited.PATH
}

/** A name with a slash starts in `directory`; any other is looked for on `path`. */
export function findProgram(
  written: string,
  directory: string,
  path: string | undefined,
  identity: Identity | null,
): Program {
  if (written === '') return bad('no program is named', 'Write a program as the first word')
  if (!written.includes('/')) {
    const found = onPath(written, path, identity)
    return found === undefined ? notOnPath(written, directory, path) : { kind: 'ok', path: found }
  }
  const program = resolve(directory, written)
  const wrong = notProgram(program)
  if (wrong !== undefined) return { path: program, ...wrong }
  const fault = interpreterFault(program)
  if (fault !== undefined) return bad(fault, 'Correct it, install that, or make its environment anew')
  const blocked = blockedAt(identity, [{ path: program, to: 'run' }])
  if (identity === null || blocked === undefined) return { kind: 'ok', path: program }
  return bad(
    `the user "${identity.name}" may not run "${program}": "${blocked}" is in the way`,
    'Change its permissions, or name another user',
  )
}

/** The first that `identity` may run, as a shell of that user would find it. */
export function onPath(
  command: string,
  path: string | undefined,
  identity: Identity | null,
): string | undefined {
  return absolute(path)
    .map((place) => join(place, command))
    .find((one) => isExecutable(one) && mayRun(identity, one))
}

export function mayRun(identity: Identity | null, path: string): boolean {
  return blockedAt(identity, [{ path, to: 'run' }]) === undefined
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Undefined when it can be executed. */
function notProgram(path: string): Extract<Program, { kind: 'bad' }> | undefined {
  if (isExecutable(path)) return undefined
  try {
    if (!statSync(path).isFile()) return bad(`"${path}" is not a program`, 'Name a file that can be executed')
    return bad(`"${path}" is not executable`, `Allow it: chmod +x ${path}`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') {
      return bad(`the program "${path}" may not be read by this user`, 'Change the permissions above it')
    }
    return bad(
      `the program "${path}" does not exist`,
      'A path with a slash starts in the directory that it runs in',
    )
  }
}

function notOnPath(command: string, directory: string, path: string | undefined): Program {
  const inVenv = ['.venv/bin', 'venv/bin'].map((place) => join(place, command))
  const near = inVenv.find((one) => isExecutable(join(directory, one)))
  const places = absolute(path)
  return bad(
    `there is no program "${command}" on PATH`,
    near === undefined
      ? `Looked in ${places.length === 0 ? 'no directory' : places.join(', ')}; install it, or write its path`
      : `Did you mean "${near}"?`,
  )
}

function absolute(path: string | undefined): string[] {
  return (path ?? '').split(delimiter).filter((place) => place.startsWith('/'))
}

function bad(message: string, hint: string): Extract<Program, { kind: 'bad' }> {
  return { kind: 'bad', message, hint }
}

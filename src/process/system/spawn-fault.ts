// Why a program could not be started: what the system says of it may as well be meant of its directory, or of the interpreter
// that its first line names.

import { statSync } from 'node:fs'
import { interpreterOf } from './first-line.ts'

export function whyNotSpawned(program: string, directory: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') {
    if (!isThere(directory)) return `its directory "${directory}" does not exist`
    if (!isThere(program)) return `the program "${program}" does not exist`
    const missing = missingInterpreter(program)
    return missing === undefined
      ? `the program "${program}" needs a loader that does not exist: it was made for another system`
      : namesMissing(program, missing)
  }
  if (code === 'EACCES' && isThere(program)) return `the program "${program}" may not be executed`
  if (code === 'EAGAIN' || code === 'ENOMEM') return `the machine has no room for another process (${code})`
  if (code === 'EMFILE' || code === 'ENFILE') return `no descriptor is free (${code})`
  return error instanceof Error ? error.message : String(error)
}

/** The interpreter of a script, where that is not there. */
export function missingInterpreter(program: string): string | undefined {
  const named = interpreterOf(program)
  return named === undefined || isThere(named) ? undefined : named
}

export function namesMissing(program: string, interpreter: string): string {
  return `the first line of "${program}" names "${interpreter}", which does not exist`
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

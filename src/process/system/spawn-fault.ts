// Why a program could not be started: what the system says of it may as well be meant of its directory, or of the interpreter
// that its first line names.

import { accessSync, constants, statSync } from 'node:fs'
import { carriageReturn, firstLine, hasCarriageReturn, interpreterOf } from './first-line.ts'

export function whyNotSpawned(program: string, directory: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') {
    if (!isThere(directory)) return `its directory "${directory}" does not exist`
    if (!isThere(program)) return `the program "${program}" does not exist`
    return (
      interpreterFault(program) ??
      `the program "${program}" needs a loader or an interpreter that does not exist: was it made for another system?`
    )
  }
  if (code === 'EACCES' && isThere(program))
    return interpreterFault(program) ?? `the program "${program}" may not be executed`
  if (code === 'EAGAIN' || code === 'ENOMEM') return `the machine has no room for another process (${code})`
  if (code === 'EMFILE' || code === 'ENFILE') return `no descriptor is free (${code})`
  return error instanceof Error ? error.message : String(error)
}

/** What is wrong with the interpreter of a script; a clause. Undefined for a program of another kind, and one that may not be read. */
export function interpreterFault(program: string): string | undefined {
  const line = firstLine(program)
  const interpreter = interpreterOf(line)
  // One with a relative path is looked for in the directory that it runs in.
  if (interpreter === undefined || !interpreter.startsWith('/') || mayExecute(interpreter)) return undefined
  if (hasCarriageReturn(line))
    return `the program "${program}" cannot be executed: ${carriageReturn(program)}`
  const names = `the first line of "${program}" names "${interpreter}"`
  return isThere(interpreter) ? `${names}, which may not be executed` : `${names}, which does not exist`
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

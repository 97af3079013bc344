// Why a program could not be started: what the system says of it may as well be meant of its directory, or of the interpreter
// that its first line names.

import { statSync } from 'node:fs'

export function whyNotSpawned(program: string, directory: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') {
    if (!isThere(directory)) return `its directory "${directory}" does not exist`
    if (!isThere(program)) return `the program "${program}" does not exist`
    return `"${program}" names an interpreter in its first line that does not exist; make its environment anew`
  }
  if (code === 'EACCES' && isThere(program)) return `the program "${program}" may not be executed`
  if (code === 'EAGAIN' || code === 'ENOMEM') return `the machine has no room for another process (${code})`
  if (code === 'EMFILE' || code === 'ENFILE') return `no descriptor is free (${code})`
  return error instanceof Error ? error.message : String(error)
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

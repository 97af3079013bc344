// The interpreters to try for a project: its own first, then the system's, where Debian's packages are.

import type { Identity } from '../process/identity/identity.ts'
import { brokenVenvs, findPythons } from '../process/python/python.ts'
import type { Environment } from './detection.ts'
import { isFile } from './directory.ts'

const systemPython = '/usr/bin/python3'

/** Best first, each once. */
export function candidatePythons(
  directory: string,
  environment: Environment,
  identity: Identity | null,
): readonly string[] {
  const found = findPythons(directory, environment, identity)
  return [...new Set(isFile(systemPython) ? [...found, systemPython] : found)]
}

/** The `python` of an application: only written when it is not the one that is taken without being written. */
export function spellPython(python: string, candidates: readonly string[]): { readonly python?: string } {
  return python === candidates[0] ? {} : { python }
}

/** The line about the interpreter; says why when it is not the project's first. */
export function pythonStep(python: string, candidates: readonly string[], need: string): string {
  const passed = candidates.slice(0, candidates.indexOf(python))
  if (passed.length === 0) return `Python: ${python}`
  return `Python: ${python}, because ${passed.join(' and ')} cannot import ${need}`
}

/** What to do when no interpreter has what is needed: repair the project's environment, or else `make` one. */
export function environmentHint(directory: string, make: string): string {
  const broken = brokenVenvs(directory)[0]
  return broken === undefined ? make : `${broken.why}. ${broken.hint}`
}

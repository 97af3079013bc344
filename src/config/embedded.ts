// Applications that share the interpreter of the HTTP process: the mode that is asked for, and what cannot be shared.

import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Identity } from '../process/identity/identity.ts'
import type { EmbeddablePython, NotEmbeddable } from '../process/python/libpython.ts'
import type { Application, Mode } from './effective.ts'
import type { Findings, Place } from './findings.ts'
import { within } from './findings.ts'

/** Tells which libpython belongs to an interpreter, which is asked as `identity`. */
export type LibpythonFinder = (python: string, identity: Identity | null) => EmbeddablePython | NotEmbeddable

export interface ResolvedMode {
  readonly mode: Mode
  readonly libpython: string | null
}

/** `auto` takes embedded when the interpreter can be loaded, else daemon. */
export function resolveMode(
  written: Mode | 'auto',
  python: string,
  place: Place,
  findings: Findings,
  find: () => EmbeddablePython | NotEmbeddable,
): ResolvedMode {
  if (written === 'daemon' || written === 'cgi' || python === '') {
    return { mode: written === 'auto' ? 'daemon' : written, libpython: null }
  }
  const found = find()
  if (found.kind === 'ok') return { mode: 'embedded', libpython: found.library }
  if (written === 'auto') {
    findings.warning(within(place, 'mode'), `auto takes daemon: ${found.why}`, found.hint)
    return { mode: 'daemon', libpython: null }
  }
  findings.error(within(place, 'mode'), found.why, found.hint)
  return { mode: written, libpython: null }
}

/** Embedded applications seen so far, in the order of the file. */
export class EmbeddedSharing {
  readonly #findings: Findings
  readonly #user: string | null
  readonly #group: string | null
  readonly #seen: Application[] = []

  /** @param user of the HTTP process, which every embedded application runs as */
  constructor(findings: Findings, user: string | null, group: string | null) {
    this.#findings = findings
    this.#user = user
    this.#group = group
  }

  /**
   * Checks a further embedded application against the process and against those before it. `auto` makes a daemon of one
   * that cannot share them; else that is an error.
   */
  admit(application: Application, place: Place, { processesWritten, auto }: Wish): Application {
    if (application.mode !== 'embedded') return application
    const conflicts = [
      ...this.#accountConflicts(application),
      ...this.#seen.flatMap((other) => pairConflicts(application, other, other === this.#seen[0])),
    ]
    const [first] = conflicts
    if (auto && first !== undefined) {
      this.#findings.warning(within(place, 'mode'), `auto takes daemon: ${first.why}`, first.hint)
      return { ...application, mode: 'daemon', libpython: null }
    }
    for (const { at, why, hint } of conflicts) this.#findings.error(within(place, ...at), why, hint)
    if (processesWritten && application.processes > 1) {
      this.#findings.warning(
        within(place, 'processes'),
        'processes does not apply to an embedded application: the HTTP process is its process',
        'Remove it, or set mode: daemon',
      )
    }
    for (const other of this.#seen) this.#warnOfModules(application, other, place)
    this.#seen.push(application)
    return application
  }

  #accountConflicts({ user, group }: Application): Conflict[] {
    const check = (key: 'user' | 'group', own: string | null, shared: string | null): Conflict[] => {
      if (own === null || own === shared) return []
      const whom = shared === null ? `the ${key} that starts the server` : `"${shared}"`
      const why = `an embedded application runs in the HTTP process, which runs as ${whom}`
      return [{ at: [key], why, hint: `Set ${key}: ${own} at the top of the file, or mode: daemon here` }]
    }
    return [...check('user', user, this.#user), ...check('group', group, this.#group)]
  }

  /** Who imports a module second gets that of the first: often meant so for a library, never for helpers.py. */
  #warnOfModules(application: Application, other: Application, place: Place): void {
    if (application.directory === other.directory) return
    const theirs = new Set(modulesIn(other.directory))
    const both = modulesIn(application.directory).filter(
      (name) => theirs.has(name) && name !== topModule(application),
    )
    if (both.length === 0) return
    const some = both.slice(0, 3).join('", "')
    this.#findings.warning(
      within(place, 'directory'),
      `${sharing(other)}, and "${other.directory}" has a module "${some}"${both.length > 3 ? ', ...' : ''}, too: whoever imports it second gets that of the first`,
      'Give one of the two another name, or set mode: daemon for one of the applications',
    )
  }
}

interface Wish {
  readonly processesWritten: boolean
  /** The mode was asked for as `auto`. */
  readonly auto: boolean
}

interface Conflict {
  /** Where in the application. */
  readonly at: readonly string[]
  readonly why: string
  readonly hint: string
}

function sharing({ name }: Application): string {
  return `the embedded application "${name}" shares its interpreter`
}

function pairConflicts(application: Application, other: Application, isFirst: boolean): Conflict[] {
  const conflicts: Conflict[] = []
  const hint = 'Set mode: daemon for one of the two'
  if (isFirst && isOther(application.python, other.python)) {
    const why = `${sharing(other)}, which is "${other.python}", not "${application.python}"`
    conflicts.push({ at: ['python'], why, hint })
  }
  for (const [key, value] of Object.entries(application.environment)) {
    const theirs = other.environment[key]
    if (theirs === undefined || theirs === value) continue
    const why = `${sharing(other)}, where ${key} is "${theirs}", not "${value}"`
    conflicts.push({ at: ['environment', key], why, hint })
  }
  const module = topModule(application)
  if (module === topModule(other) && application.directory !== other.directory) {
    conflicts.push({
      at: ['wsgi'],
      why: `${sharing(other)}, where the module "${module}" is that of "${other.directory}"`,
      hint: 'Give one of the modules another name, or set mode: daemon for one of the two',
    })
  }
  return conflicts
}

/** An interpreter that was not found is a problem of its own. A venv is another one than that which it was made from. */
function isOther(one: string, other: string): boolean {
  if (one === '' || other === '' || one === other) return false
  return dirname(one) !== dirname(other) || real(one) !== real(other)
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Modules and packages that lie in the directory. */
function modulesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      if (entry.name.endsWith('.py')) return [entry.name.slice(0, -3)]
      return entry.isDirectory() && existsSync(join(directory, entry.name, '__init__.py')) ? [entry.name] : []
    })
  } catch {
    return []
  }
}

/** Name under which Python keeps the module that the target starts with. */
function topModule({ wsgi }: Application): string {
  const path = wsgi.split(':', 1)[0] ?? ''
  if (path.includes('/') || path.endsWith('.py')) return path.replace(/^.*\//, '').replace(/\..*$/, '')
  return path.split('.', 1)[0] ?? ''
}

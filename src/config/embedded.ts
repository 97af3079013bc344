// Applications that share the interpreter of the HTTP process: the mode that is asked for, and what cannot be shared.

import type { Identity } from '../process/identity.ts'
import type { EmbeddablePython, NotEmbeddable } from '../process/libpython.ts'
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

  /** Checks a further embedded application against the process and against those before it. */
  add(application: Application, place: Place, processesWritten: boolean): void {
    if (application.mode !== 'embedded') return
    this.#checkAccount(application, place)
    if (processesWritten && application.processes > 1) {
      this.#findings.warning(
        within(place, 'processes'),
        'processes does not apply to an embedded application: the HTTP process is its process',
        'Remove it, or set mode: daemon',
      )
    }
    for (const other of this.#seen) this.#checkPair(application, other, place)
    this.#seen.push(application)
  }

  #checkAccount({ user, group }: Application, place: Place): void {
    const check = (key: 'user' | 'group', own: string | null, shared: string | null): void => {
      if (own === null || own === shared) return
      this.#findings.error(
        within(place, key),
        `an embedded application runs in the HTTP process, which runs as ${shared === null ? `the ${key} that starts the server` : `"${shared}"`}`,
        `Set ${key}: ${own} at the top of the file, or mode: daemon here`,
      )
    }
    check('user', user, this.#user)
    check('group', group, this.#group)
  }

  #checkPair(application: Application, other: Application, place: Place): void {
    const daemon = 'Set mode: daemon for one of the two'
    const isFirst = other === this.#seen[0]
    const shared = `the embedded application "${other.name}" shares its interpreter`
    if (isFirst && application.python !== other.python) {
      this.#findings.error(
        within(place, 'python'),
        `${shared}, which is "${other.python}", not "${application.python}"`,
        daemon,
      )
    }
    for (const [key, value] of Object.entries(application.environment)) {
      const theirs = other.environment[key]
      if (theirs === undefined || theirs === value) continue
      this.#findings.error(
        within(place, 'environment', key),
        `${shared}, where ${key} is "${theirs}", not "${value}"`,
        daemon,
      )
    }
    const module = topModule(application)
    if (module === topModule(other) && application.directory !== other.directory) {
      this.#findings.error(
        within(place, 'wsgi'),
        `${shared}, where the module "${module}" is that of "${other.directory}"`,
        `Give one of the modules another name, or set mode: daemon for one of the two`,
      )
    }
  }
}

/** Name under which Python keeps the module that the target starts with. */
function topModule({ wsgi }: Application): string {
  const path = wsgi.split(':', 1)[0] ?? ''
  if (path.includes('/') || path.endsWith('.py')) return path.replace(/^.*\//, '').replace(/\..*$/, '')
  return path.split('.', 1)[0] ?? ''
}

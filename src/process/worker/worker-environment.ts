// The environment a worker process or a service starts with: an allow-list, never the server's whole environment, which
// may hold secrets of other programs (tokens of a deployment, sockets of an agent, a session bus). What else
// it needs is written in its `environment`; that wins.

import type { ApplicationSpec, WorkerPlace } from '../application-spec.ts'
import type { Identity } from '../identity/identity.ts'

// The interpreter and its libraries, the language, time zone, temporary files, certificates, whose process it
// is.
const inheritedNames: ReadonlySet<string> = new Set([
  'PATH',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'PYENV_ROOT',
  'PYENV_VERSION',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LANGUAGE',
  'TZ',
  'TZDIR',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
])

// PYTHONPATH, PYTHONWARNINGS, PYTHONUTF8, PYTHONHASHSEED ... are said to Python by whoever starts the server,
// and pass. These do not: HOME and EXECUTABLE belong to one interpreter and break another; INSPECT, STARTUP
// keep a worker from ending.
const refusedPythonNames: ReadonlySet<string> = new Set([
  'PYTHONHOME',
  'PYTHONEXECUTABLE',
  'PYTHONPLATLIBDIR',
  'PYTHONINSPECT',
  'PYTHONSTARTUP',
])

/** What is needed of the two. */
type Of = Pick<ApplicationSpec, 'python' | 'environment'>
type In = Pick<WorkerPlace, 'inherited' | 'identity'>

export function workerEnvironment(application: Of, place: In): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, value] of Object.entries(place.inherited)) {
    if (value !== undefined && isInherited(name, value, application.python)) environment[name] = value
  }
  Object.assign(environment, ownerVariables(place.identity))
  // Lines of print() must not wait in a buffer for the end of the process.
  environment.PYTHONUNBUFFERED = '1'
  // Here as well as in the configuration line: PYTHONPATH, TZ or LD_LIBRARY_PATH only count before the
  // interpreter starts.
  return { ...environment, ...application.environment }
}

const usualPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const scriptNames: ReadonlySet<string> = new Set([
  'LANG',
  'LANGUAGE',
  'TZ',
  'TZDIR',
  'TMPDIR',
  'LD_LIBRARY_PATH',
])

/**
 * What every CGI script gets beside the variables of its request (RFC 3875 section 4.1.18 leaves that to us): where programs
 * are, the language, the time zone, temporary files, and whose process it is. What else it needs is written in its
 * `environment`; that wins.
 */
export function scriptEnvironment(application: Of, { inherited, identity }: In): Record<string, string> {
  // Somebody else may not even look into the directories of whoever starts the server.
  const path = identity === null ? inherited.PATH : undefined
  const environment: Record<string, string> = { PATH: path ?? usualPath }
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && (name.startsWith('LC_') || scriptNames.has(name))) environment[name] = value
  }
  return { ...environment, ...ownerVariables(identity), ...application.environment }
}

/** Whose process it is; of one that stays the server's own, what is inherited says so. */
export function ownerVariables(identity: Identity | null): Readonly<Record<string, string>> {
  if (identity === null) return {}
  const { home, name } = identity
  return { HOME: home, USER: name, LOGNAME: name }
}

/** What an interpreter is asked with before there is an application: as somebody else, no more than a worker gets. */
export function questionEnvironment(
  python: string,
  inherited: In['inherited'],
  identity: Identity | null,
): Readonly<Record<string, string | undefined>> {
  return identity === null
    ? inherited
    : workerEnvironment({ python, environment: {} }, { inherited, identity })
}

function isInherited(name: string, value: string, python: string): boolean {
  if (name.startsWith('LC_') || inheritedNames.has(name)) return true
  // The shell's virtual environment is a lie for an application that runs in another one.
  if (name === 'VIRTUAL_ENV') return value !== '' && python.startsWith(`${value.replace(/\/+$/, '')}/`)
  return name.startsWith('PYTHON') && !refusedPythonNames.has(name)
}

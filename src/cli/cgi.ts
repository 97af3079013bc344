// `portico cgi APP`: a WSGI application as the CGI program of another server. Node only looks for the interpreter; whoever
// counts milliseconds names it in the script himself (docs/cgi.md). Root does not run what somebody else has written:
// a server that is root makes its programs root as well.

import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'
import { ownerOf } from '../detect/owner.ts'
import { findIdentity, type Identity } from '../process/identity/identity.ts'
import { startAs } from '../process/identity/start-as.ts'
import { findPythons, namedPython } from '../process/python/python.ts'
import { ownerVariables } from '../process/worker/worker-environment.ts'
import { workerFilesProblem } from '../server/own-files.ts'
import { packagePath } from '../server/package-path.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Output } from './print.ts'
import { asRootNote } from './responder-table.ts'

export interface CgiOptions {
  /** module:callable, module:factory() or the path of a file. */
  readonly application: string
  readonly directory?: string | undefined
  readonly python?: string | undefined
  readonly user?: string | undefined
}

/** Runs one request, whose environ is our environment, and takes on its exit code. */
export function cgi(options: CgiOptions, output: Output): ExitCode | number {
  const { application, user, python } = options
  const directory = resolve(options.directory ?? '.')
  const account = accountOf(user, directory, application)
  if (account.kind === 'bad') return refuse(account, output)
  const { identity } = account
  const unreadable = workerFilesProblem(identity)
  if (unreadable !== undefined) return refuse(unreadable, output)
  if (identity === null && user === undefined && process.getuid?.() === 0)
    output.note(asRootNote(application, '--user'))
  const found =
    python === undefined
      ? { kind: 'ok' as const, path: findPythons(directory, process.env, identity)[0] }
      : namedPython(python, process.cwd(), process.env, identity)
  if (found.kind === 'bad' || found.path === undefined) {
    const message = found.kind === 'bad' ? found.why : 'no Python interpreter was found'
    return refuse({ message, hint: 'Name an interpreter or a virtual environment with --python' }, output)
  }
  const words = [join(packagePath, '__main__.py'), 'cgi', '--directory', directory, application]
  const environment = { ...process.env, ...ownerVariables(identity) }
  const { file, arguments: args, options: how } = startAs(identity, found.path, words, environment)
  const { status, signal, error } = spawnSync(file, args, { ...how, stdio: 'inherit' })
  if (error !== undefined) {
    output.note(`"${found.path}" could not be started: ${error.message}`)
    return exitCodes.failed
  }
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

type Account =
  | { readonly kind: 'ok'; readonly identity: Identity | null }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

/** Whom it becomes: who is named, else the owner of the directory; null: who we are. */
function accountOf(user: string | undefined, directory: string, application: string): Account {
  if (user === undefined) return { kind: 'ok', identity: ownerOf(directory, application).identity }
  const found = findIdentity(user, null)
  if (found.kind === 'bad') return found
  const own = process.getuid?.()
  if (found.identity.uid === own) return { kind: 'ok', identity: null }
  if (own === 0) return found
  return { kind: 'bad', message: `Only root can run it as user "${user}"`, hint: 'Remove --user' }
}

function refuse({ message, hint }: { readonly message: string; readonly hint: string }, output: Output) {
  output.note(`${message}\n  ${hint}`)
  return exitCodes.failed
}

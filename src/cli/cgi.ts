// `portico cgi APP`: a WSGI application as the CGI program of another server. Node only looks for the interpreter; whoever
// counts milliseconds names it in the script himself (docs/cgi.md).

import { spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'
import { findPythons, namedPython } from '../process/python/python.ts'
import { packagePath } from '../server/package-path.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import type { Output } from './print.ts'

export interface CgiOptions {
  /** module:callable, module:factory() or the path of a file. */
  readonly application: string
  readonly directory?: string | undefined
  readonly python?: string | undefined
}

/** Runs one request, whose environ is our environment, and takes on its exit code. */
export function cgi(options: CgiOptions, output: Output): ExitCode | number {
  const directory = resolve(options.directory ?? '.')
  const found =
    options.python === undefined
      ? { kind: 'ok' as const, path: findPythons(directory, process.env, null)[0] }
      : namedPython(options.python, process.cwd(), process.env, null)
  if (found.kind === 'bad' || found.path === undefined) {
    const why = found.kind === 'bad' ? found.why : 'no Python interpreter was found'
    output.note(`${why}\n  Name an interpreter or a virtual environment with --python`)
    return exitCodes.failed
  }
  const words = [join(packagePath, '__main__.py'), 'cgi', '--directory', directory, options.application]
  const { status, signal, error } = spawnSync(found.path, words, { stdio: 'inherit' })
  if (error !== undefined) {
    output.note(`"${found.path}" could not be started: ${error.message}`)
    return exitCodes.failed
  }
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

// A project of a user in a temporary directory, served by `portico serve` in it with no configuration at all.
// Sees the system's programs only, so that nothing of the shell that runs the tests changes what is found.

import { execFile } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type RunningPortico, startPortico } from './server.ts'

/** Debian's interpreter, the one that has Debian's Django, Flask and CherryPy. */
export const systemPython = '/usr/bin/python3'
/** The package with that interpreter as a library, which embedded mode needs. */
export const libpython = 'libpython3.11'
const fixtures = fileURLToPath(new URL('../app/', import.meta.url))
const programMs = 60_000

/** Nothing of the shell that runs the tests. */
export const plainEnvironment: Readonly<Record<string, string | undefined>> = {
  PATH: '/usr/bin:/bin',
  VIRTUAL_ENV: undefined,
  PYTHONPATH: undefined,
  PYTHONUNBUFFERED: undefined,
  DJANGO_SETTINGS_MODULE: undefined,
}

/** True when `npm test` found that one of these packages is not there. */
export function isMissing(...packages: readonly string[]): boolean {
  const missing = (process.env.PORTICO_MISSING ?? '').split(' ')
  return packages.some((name) => missing.includes(name))
}

export class Project {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-project-')))
  readonly #servers: RunningPortico[] = []

  /** Copies a directory of test/app here, or to `to` below. */
  copy(fixture: string, to = '.'): void {
    cpSync(join(fixtures, fixture), join(this.directory, to), { recursive: true })
  }

  append(file: string, text: string): void {
    appendFileSync(join(this.directory, file), text)
  }

  /** Runs the system's Python here and resolves to its standard output. */
  async python(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const { stdout } = await promisify(execFile)(systemPython, args, {
      cwd: this.directory,
      env: { ...process.env, ...plainEnvironment, ...environment },
      timeout: programMs,
    })
    return stdout
  }

  /** `portico serve` in the directory, on a free port. Ends with remove(). */
  async serve(...args: readonly string[]): Promise<RunningPortico> {
    const server = await startPortico({
      cwd: this.directory,
      args: ['serve', '--listen', '127.0.0.1:0', ...args],
      environment: plainEnvironment,
      shared: true,
    })
    this.#servers.push(server)
    return server
  }

  /** Stops what was started here and removes the directory. */
  async remove(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
    rmSync(this.directory, { recursive: true, force: true })
  }
}

// A server with embedded applications of test/app/embedded and a mount with a file, and what its tests ask of it.

import { join } from 'node:path'
import { it as everywhere, describe as suite } from 'vitest'
import { isMissing, libpython, plainEnvironment as shellFree, systemPython } from '../../double/project.ts'
import { type PorticoOptions, type RunningPortico, startPortico } from '../../double/server.ts'
import { ask } from '../cli/ask.ts'

/** Skipped, as all tests of embedded mode are, where `npm test` found no library to embed. */
export const it = everywhere.skipIf(isMissing(libpython))
export const describe = suite.skipIf(isMissing(libpython))

/** The applications. */
export const fixtures = join(import.meta.dirname, '../../app/embedded')

/** Nothing of the shell, and nothing written beside the fixtures. */
export const plainEnvironment = { ...shellFree, PYTHONDONTWRITEBYTECODE: '1' }

export interface EmbeddedOptions extends PorticoOptions {
  /** Names of modules of test/app/embedded, each of them an application; the first is mounted at /. */
  readonly modules: readonly string[]
  /** Of every application, in braces: 'threads: 2, mode: daemon'. */
  readonly settings?: string
  /** Whole lines of portico.yaml. */
  readonly lines?: readonly string[]
}

export function embeddedConfig({ modules, settings = '', lines = [] }: EmbeddedOptions): string {
  const written = settings === '' ? '' : `, ${settings}`
  const mode = settings.includes('mode:') ? '' : ', mode: embedded'
  const applications = modules.map(
    (name) =>
      `  ${name}: { wsgi: "${name}:application", directory: ${fixtures}, python: ${systemPython}${mode}${written} }`,
  )
  const mounts = modules.map((name, i) => `  /${i === 0 ? '' : name}: ${name}`)
  const files = '  /files: { files: files }'
  return [...lines, 'applications:', ...applications, 'mounts:', ...mounts, files, ''].join('\n')
}

export function startEmbedded(options: EmbeddedOptions): Promise<RunningPortico> {
  return startPortico({
    config: embeddedConfig(options),
    environment: { ...plainEnvironment, ...options.environment },
    files: { 'files/a.txt': 'a file', ...options.files },
    ...(options.shared === undefined ? {} : { shared: options.shared }),
  })
}

export async function askJson<T = Readonly<Record<string, unknown>>>(
  { port }: RunningPortico,
  target: string,
): Promise<T> {
  const { status, body } = await ask(port, target)
  if (status !== 200) throw new Error(`${target} answered ${status}: ${body}`)
  return JSON.parse(body) as T
}

/** Asks for the file again and again until `done`; resolves to the answers that were none. */
export async function askAllTheWhile(
  { port }: RunningPortico,
  done: () => boolean,
): Promise<readonly unknown[]> {
  const failures: unknown[] = []
  while (!done()) {
    const status = await ask(port, '/files/a.txt').then(
      (reply) => reply.status,
      (error: unknown) => error,
    )
    if (status !== 200) failures.push(status)
  }
  return failures
}

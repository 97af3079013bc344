// What `portico fastcgi APP` and its like mean in the words of a configuration, and whose application that is.

import { resolve } from 'node:path'
import type { ConfigurationInput } from '../config/load.ts'
import { nobodyElse, ownerOf } from '../detect/owner.ts'
import type { Problem } from '../schema/problem.ts'
import { workerFilesProblem } from '../server/own-files.ts'

export interface ResponderFlags {
  readonly bind?: string | undefined
  readonly config?: string | undefined
  readonly directory?: string | undefined
  readonly python?: string | undefined
  readonly processes?: string | undefined
  readonly threads?: string | undefined
  readonly queue?: string | undefined
  readonly scriptName?: string | undefined
  readonly socketMode?: string | undefined
  readonly socketOwner?: string | undefined
  readonly socketGroup?: string | undefined
  readonly user?: string | undefined
  readonly snippet?: string | undefined
}

export const nameOnCommandLine = 'app'
const commandLine = 'command line'

type Given =
  | { readonly kind: 'ok'; readonly input: ConfigurationInput; readonly steps: readonly string[] }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

/**
 * What a portico.yaml would say. Root that is asked for what somebody else has in a directory runs code that others wrote: it
 * runs as that user then, as `portico serve` has it.
 */
export function inputOf(
  name: string,
  { config, directory = '.', python, user }: ResponderFlags,
  cwd: string,
): Given {
  if (config !== undefined) return { kind: 'ok', input: { kind: 'file', path: config }, steps: [] }
  const where = resolve(cwd, directory)
  const owner = user === undefined ? ownerOf(where) : nobodyElse
  const unreadable = workerFilesProblem(owner.identity)
  if (unreadable !== undefined) return { kind: 'bad', ...unreadable }
  const application = { user, ...owner.configuration, wsgi: name, directory: where, python }
  const value = { applications: { [nameOnCommandLine]: application }, mounts: { '/': nameOnCommandLine } }
  const input = { kind: 'object', value, directory: cwd, label: commandLine } as const
  return { kind: 'ok', input, steps: owner.steps }
}

/** A port alone is one of this machine, as in snippets and mounts: whoever can connect can claim to be anybody. */
export function addressIn(bind: string): string {
  return /^\d+$/.test(bind) ? `127.0.0.1:${bind}` : bind
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\./.test(host)
}

/** By the names that the words have here, where it is about one of them. */
export function inTheseWords(problem: Problem): Problem {
  if (problem.file === '--listen') return { ...problem, file: '--bind' }
  const key = problem.file === commandLine && /^applications\.app\.(\w+)$/.exec(problem.setting)?.[1]
  return key ? { ...problem, file: key === 'wsgi' ? 'application' : `--${key}`, setting: '' } : problem
}

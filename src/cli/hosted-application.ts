// Which application `portico fastcgi` and `portico scgi` host, and as whom: what the words of the command line name, or an
// application of a portico.yaml.

import { resolve } from 'node:path'
import type { Application, Effective } from '../config/effective.ts'
import { load } from '../config/load.ts'
import { readSurroundings } from '../config/surroundings.ts'
import { nobodyElse, type Owner, ownerOf } from '../detect/owner.ts'
import type { Problem } from '../schema/problem.ts'
import { suggest } from '../schema/suggest.ts'
import { exitCodes } from './exit-codes.ts'
import { type Output, printProblems } from './print.ts'
import type { ResponderFlags } from './responder-flags.ts'

export type Hosted =
  | {
      readonly kind: 'ok'
      readonly effective: Effective
      readonly application: Application
      /** What was decided and why, to be printed at start. */
      readonly steps: readonly string[]
    }
  /** It has been printed why. */
  | { readonly kind: 'bad'; readonly exit: (typeof exitCodes)['usage' | 'configuration'] }

/** @param name a target of WSGI, or with --config a name there */
export function hostedApplication(name: string, flags: ResponderFlags, output: Output): Hosted {
  const surroundings = readSurroundings()
  const { config, processes, threads } = flags
  const owner = ownerBy(name, flags, surroundings.cwd)
  const overrides = { listen: addressesOf(flags), processes, threads }
  const loaded = load(inputOf(name, flags, owner, surroundings.cwd), overrides, surroundings)
  if (loaded.kind === 'bad') {
    printProblems(loaded.problems.map(inTheseWords), output)
    return { kind: 'bad', exit: config === undefined ? exitCodes.usage : exitCodes.configuration }
  }
  const { effective } = loaded
  const named = config === undefined ? nameOnCommandLine : name
  const found = effective.applications.find((one) => one.name === named && one.wsgi !== '')
  if (found !== undefined) return { kind: 'ok', effective, application: daemon(found), steps: owner.steps }
  const names = effective.applications.filter(({ wsgi }) => wsgi !== '').map((one) => one.name)
  output.note(`there is no WSGI application "${name}" in "${config}"\n  ${whichThen(name, names)}`)
  return { kind: 'bad', exit: exitCodes.usage }
}

function whichThen(name: string, names: readonly string[]): string {
  const near = suggest(name, names)
  const meant = near === undefined ? '' : `Did you mean "${near}"? `
  if (names.length === 0) return 'Write one below "applications" there'
  return `${meant}Its applications are ${names.map((one) => `"${one}"`).join(', ')}`
}

const nameOnCommandLine = 'app'
const commandLine = 'command line'

/** A port alone is not for other machines here: whoever can connect can claim to be anybody. */
function addressesOf({ bind }: ResponderFlags): readonly string[] | undefined {
  if (bind === undefined) return undefined
  return [/^\d+$/.test(bind) ? `127.0.0.1:${bind}` : bind]
}

/** Root does not run what somebody else has written unless it was told to. */
function ownerBy(name: string, { config, directory, user }: ResponderFlags, cwd: string): Owner {
  return config === undefined && user === undefined
    ? ownerOf(resolve(cwd, directory ?? '.'), name)
    : nobodyElse
}

/** What a portico.yaml would say. */
function inputOf(
  name: string,
  { config, directory, python, user }: ResponderFlags,
  owner: Owner,
  cwd: string,
) {
  if (config !== undefined) return { kind: 'file' as const, path: config }
  const application = { wsgi: name, directory: directory ?? cwd, python, user }
  const value = {
    ...owner.configuration,
    applications: { [nameOnCommandLine]: application },
    mounts: { '/': nameOnCommandLine },
  }
  return { kind: 'object' as const, value, directory: cwd, label: commandLine }
}

/** By the names that the words have here, where it is about one of them. */
function inTheseWords(problem: Problem): Problem {
  if (problem.file === '--listen') return { ...problem, file: '--bind' }
  const key = problem.file === commandLine && /^applications\.app\.(\w+)$/.exec(problem.setting)?.[1]
  return key ? { ...problem, file: key === 'wsgi' ? 'application' : `--${key}`, setting: '' } : problem
}

/** Whatever it is elsewhere: here it is processes. */
function daemon(application: Application): Application {
  return { ...application, mode: 'daemon', libpython: null, preload: false }
}

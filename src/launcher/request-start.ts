// What a request starts: which program, with which arguments and variables, and where.

import { constants, statSync } from 'node:fs'
import { argumentsOf } from './arguments.ts'
import { mayAccess, whoWeAre } from './closed-directory.ts'
import { checkExecutable } from './executable.ts'
import { directoryOf, octets, readable } from './octets.ts'
import { checkScript } from './script.ts'
import type { Settings } from './settings.ts'
import type { ScriptStart } from './start-text.ts'
import { cannotExecute, codeOf, inWords, notFound, Unrunnable } from './unrunnable.ts'

/** execvp(3), when the environment has no PATH. */
const defaultPath = '/usr/local/bin:/bin:/usr/bin'

/**
 * Throws Unrunnable and NoRoom.
 * @param variables of the request, added to those that every script has
 */
export function requestStart(
  settings: Settings,
  limits: readonly string[],
  variables: ReadonlyMap<string, string>,
): ScriptStart {
  const asked = variables.get('SCRIPT_FILENAME') ?? ''
  const { program, words } = programOf(settings, asked, variables)
  if (program.startsWith('/')) checkExecutable(program)
  return {
    program,
    arguments: words,
    directory: directoryFor(settings, program, asked),
    environment: new Map([...variables].filter(isUsable)),
    limits,
  }
}

function programOf(
  settings: Settings,
  asked: string,
  variables: ReadonlyMap<string, string>,
): { readonly program: string; readonly words: readonly string[] } {
  const { command, roots, environment } = settings
  if (command !== null) {
    const [name, ...words] = command
    return { program: findProgram(name, environment.get('PATH') ?? defaultPath), words }
  }
  checkScript(asked, roots)
  const method = variables.get('REQUEST_METHOD') ?? ''
  return { program: asked, words: argumentsOf(method, variables.get('QUERY_STRING') ?? '') }
}

/** A name without a slash is looked up. */
function findProgram(name: string, path: string): string {
  if (name.includes('/')) return name
  for (const folder of path.split(':').filter((one) => one.startsWith('/'))) {
    const program = `${folder.replace(/\/$/, '')}/${name}`
    if (mayAccess(program, constants.X_OK) && statSync(octets(program)).isFile()) return program
  }
  throw new Unrunnable(notFound, `Program "${readable(name)}" is not in PATH; name it with its whole path`)
}

function directoryFor({ directory, command }: Settings, program: string, asked: string): string {
  const isFixed = command !== null
  const wanted = directory ?? directoryOf(asked.startsWith('/') || !isFixed ? asked : program)
  const trouble = whyNotEntered(wanted)
  if (trouble === undefined) return wanted
  // A fixed program may be asked for files that are not here.
  if (wanted.includes('\0') || (isFixed && trouble.isMissing)) return '/'
  const where = `Script "${readable(program)}" cannot run in directory "${readable(wanted)}"`
  throw new Unrunnable(cannotExecute, `${where}: ${trouble.why}`)
}

function whyNotEntered(directory: string): { readonly why: string; readonly isMissing: boolean } | undefined {
  try {
    if (!statSync(octets(directory)).isDirectory()) return { why: 'Not a directory', isMissing: true }
    if (mayAccess(directory, constants.X_OK)) return undefined
  } catch (error) {
    if (codeOf(error) !== 'EACCES') return { why: inWords(error), isMissing: true }
  }
  return { why: `${whoWeAre()} may not search it; allow it with chmod`, isMissing: false }
}

/** What no environment can hold would end up as another variable, or as none. */
function isUsable([name, value]: readonly [string, string]): boolean {
  return name !== '' && !/[=\0]/.test(name) && !value.includes('\0')
}

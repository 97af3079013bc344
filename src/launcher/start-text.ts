// What the shell is told that becomes a script. Node's spawn passes text only, and octets that are no UTF-8 would reach the
// script as others; a shell passes them as they are. It reads this from its standard input, with an environment that is empty.
// Pure; all are ByteStrings.

import { isShellName } from '../process/identity/shell-names.ts'

export interface ScriptStart {
  /** Path of what is executed, or a name without meaning to the shell. */
  readonly program: string
  readonly arguments: readonly string[]
  readonly directory: string
  readonly environment: ReadonlyMap<string, string>
  /** Lines that limit the resources of the script (resource-limits.ts). */
  readonly limits: readonly string[]
}

/** Where the shell finds the standard input of the script. */
export const inputDescriptor = 3

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/
/** What some shells add, or keep from their own start. */
const shellsOwn = ['PWD', 'OLDPWD', 'SHLVL', '_']
/** Shells take them for themselves as well, but pass them on; bash says so when it does not know the language. */
const language = /^(LC_[A-Z]+|LANG|LANGUAGE)$/

export function startText(start: ScriptStart): Buffer {
  const exported: string[] = []
  const direct: string[] = []
  for (const [name, value] of start.environment) {
    const isPlain = identifier.test(name) && (language.test(name) || !isShellName(name))
    // No request brings a name for which it has to be env(1), whose arguments everybody may read.
    if (isPlain) exported.push(`${name}=${quoted(value)}`)
    else direct.push(quoted(`${name}=${value}`))
  }
  const words = [start.program, ...start.arguments].map(quoted)
  const command = direct.length === 0 ? words : ['/usr/bin/env', ...direct, ...words]
  const lines = [
    `cd -P -- ${quoted(start.directory)} || exit 126`,
    `unset ${shellsOwn.join(' ')}`,
    ...(exported.length === 0 ? [] : [`export ${exported.join(' ')} 2>/dev/null`]),
    // Last: the shell needs memory for the rest.
    ...start.limits,
    `exec ${command.join(' ')} <&${inputDescriptor} ${inputDescriptor}<&-`,
    '',
  ]
  return Buffer.from(lines.join('\n'), 'latin1')
}

/** Safe against any octet but NUL: between apostrophes nothing has a meaning but the apostrophe. */
function quoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`
}

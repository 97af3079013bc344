// Where the scripts of the configuration lie. They may lie among files too, under another mount, behind a symlink with
// another ending, or in another site, and nobody is to read there what is started here.

import type { BigIntStats } from 'node:fs'

export interface ScriptPlace {
  /** Of a directory, or of the one script; a ByteString without a slash at its end. */
  readonly path: string
  /** Endings of the names of scripts in the directory, in lower case; empty: everything in it that can be executed is one. */
  readonly endings: readonly string[]
}

const executable = 0o111n

/** Whether one of these paths of a file is that of a script. */
export function isScript(
  places: readonly ScriptPlace[],
  paths: readonly string[],
  stats: BigIntStats,
): boolean {
  return stats.isFile() && places.some((place) => paths.some((path) => isOf(place, path, stats)))
}

function isOf({ path: place, endings }: ScriptPlace, path: string, { mode }: BigIntStats): boolean {
  if (path === place) return true
  if (!path.startsWith(`${place}/`)) return false
  if (endings.length === 0) return (mode & executable) !== 0n
  // The copies that editors and people leave beside a script hold its source, too.
  const name = path
    .slice(path.lastIndexOf('/') + 1)
    .replace(copy, '')
    .toLowerCase()
  return endings.some((ending) => name.endsWith(ending))
}

const copy = /(?:~|\.(?:bak|backup|copy|dist|old|orig|rej|save|sw[op]|tmp|[0-9]+))+$/i
/** What PHP reads by other names: mostly parts of scripts, with passwords in them. */
const relatedToPhp = ['.inc', '.phar', '.pht', '.phtml', '.phps', '.php3', '.php4', '.php5', '.php7', '.php8']

/** The endings of what is never sent as a file, in lower case, where these are the endings of scripts. */
export function hiddenEndings(endings: readonly string[]): readonly string[] {
  const all = endings.includes('.php') ? [...endings, ...relatedToPhp] : endings
  return all.map((ending) => ending.toLowerCase())
}

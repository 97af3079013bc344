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
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  return endings.some((ending) => holds(name, ending))
}

/** The copies that editors and people leave beside a script hold its source, too: a.php~, #a.php#, a.php.old, a.php-1. */
function holds(name: string, ending: string): boolean {
  for (let at = name.indexOf(ending); at >= 0; at = name.indexOf(ending, at + 1)) {
    const next = name.charAt(at + ending.length)
    if (next === '' || !/[a-z0-9]/.test(next)) return true
  }
  return false
}

/** What PHP reads by other names: mostly parts of scripts, with passwords in them. */
const relatedToPhp = [
  '.inc',
  '.phar',
  '.pht',
  '.phtml',
  '.phps',
  '.php3',
  '.php4',
  '.php5',
  '.php6',
  '.php7',
  '.php8',
]

/** The endings of what is never sent as a file, in lower case, where these are the endings of scripts. */
export function hiddenEndings(endings: readonly string[]): readonly string[] {
  const all = endings.includes('.php') ? [...endings, ...relatedToPhp] : endings
  return all.map((ending) => ending.toLowerCase())
}

// Where the scripts of the configuration lie. They may lie among files too, under another mount, behind a symlink with
// another ending, or in another site, and nobody is to read there what is started here.

import type { BigIntStats } from 'node:fs'

export interface ScriptPlace {
  /** Of a directory, or of the one script; a ByteString without a slash at its end. */
  readonly path: string
  /** Endings of the names of scripts in the directory; empty: everything in it that can be executed is one. */
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
  return endings.length === 0 ? (mode & executable) !== 0n : endings.some((ending) => path.endsWith(ending))
}

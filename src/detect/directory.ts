// What lies in a directory: names and kinds, without following anything out of it. Unreadable counts as empty.

import type { Stats } from 'node:fs'
import { readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Scans stop here, so that a look at a home directory does not take minutes. */
const maxEntries = 5000
const skipped = new Set(['node_modules', '__pycache__', 'venv'])

export function isFile(...path: readonly string[]): boolean {
  return look(path)?.isFile() ?? false
}

export function isDirectory(...path: readonly string[]): boolean {
  return look(path)?.isDirectory() ?? false
}

// What may not be seen (a file in place of a directory, no permission) is not there for detection.
function look(path: readonly string[]): Stats | undefined {
  try {
    return statSync(join(...path))
  } catch {
    return undefined
  }
}

/** The names in a directory, sorted. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort()
  } catch {
    return []
  }
}

/**
 * The first file below `directory` that a web server would run, not send: PHP, CGI. Serving such a directory as
 * plain files would show the source, with its passwords.
 * @param mounted a directory below that has a mount of its own
 */
export function findScript(directory: string, mounted = ''): string | undefined {
  return find(directory, mounted, (name) => /\.(php\d?|phtml|fcgi|fpl)$/i.test(name))
}

/** Files that are known for CGI scripts by their ending, `.cgi`. */
export function hasCgi(directory: string, mounted = ''): boolean {
  return find(directory, mounted, (name) => name.endsWith('.cgi')) !== undefined
}

function find(directory: string, mounted: string, matches: (name: string) => boolean): string | undefined {
  const waiting = [directory]
  let seen = 0
  for (let here = waiting.shift(); here !== undefined; here = waiting.shift()) {
    for (const name of namesIn(here)) {
      seen++
      if (seen > maxEntries) return undefined
      if (name.startsWith('.') || skipped.has(name)) continue
      const path = join(here, name)
      if (path === mounted) continue
      if (isDirectory(path)) {
        if (name === 'cgi-bin') return path
        waiting.push(path)
      } else if (matches(name)) return path
    }
  }
  return undefined
}

/** As portico.yaml in `directory` would spell it: relative below the directory, else absolute. */
export function spellPath(directory: string, path: string): string {
  const short = relative(directory, path)
  return short === '' ? '.' : short.startsWith('..') ? path : short
}

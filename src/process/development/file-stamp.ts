// What a file looks like from outside: modification time, size, inode. Two looks that agree saw the same content,
// whoever wrote it: an editor in place, one that renames, touch, a checkout. The worker makes the same text
// (portico_worker/loading/sources.py).

import { readdirSync, statSync } from 'node:fs'

/** Of a file that is not there or cannot be looked at. */
export const noFile = 'none'

/** 'mtime in ns:size:inode'. Reads the system's tables only, a few microseconds; never throws. */
export function fileStamp(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
    return stat === undefined ? noFile : `${stat.mtimeNs}:${stat.size}:${stat.ino}`
  } catch {
    return noFile
  }
}

/**
 * The Python files and possible packages in a directory: changes when a module appears or goes, and not with what
 * else is written there (databases, logs, files of editors).
 */
export function modulesStamp(directory: string): string {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    const modules = entries.filter((entry) =>
      entry.isDirectory() ? /^[A-Za-z]\w*$/.test(entry.name) : entry.name.endsWith('.py'),
    )
    return modules
      .map(({ name }) => name)
      .sort()
      .join('/')
  } catch {
    return noFile
  }
}

// The directories that scripts must really lie in.

import { realpathSync } from 'node:fs'
import { octets } from './octets.ts'

export class Roots {
  readonly #written: readonly string[]
  #real: readonly string[]

  /** @param written absolute paths, which may be symbolic links, or lie behind some */
  constructor(written: readonly string[]) {
    this.#written = written
    this.#real = written.map(realRoot)
  }

  /** Whether a file with this path, which has no symbolic links, lies in one of them. */
  hold(real: string): boolean {
    if (this.#real.some((root) => real.startsWith(root))) return true
    // A deployment turns the link to the release of the day to another directory; nothing is started anew for that.
    this.#real = this.#written.map(realRoot)
    return this.#real.some((root) => real.startsWith(root))
  }
}

function realRoot(root: string): string {
  return `${realPath(root).replace(/\/+$/, '')}/`
}

/** Itself when it cannot be followed. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(octets(path), 'buffer').toString('latin1')
  } catch {
    return path
  }
}

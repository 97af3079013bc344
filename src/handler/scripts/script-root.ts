// The directory that scripts lie in (RFC 3875 section 3.2): which file a path leads to, and where the path of the script ends
// and PATH_INFO begins. Asks the file system by name; the launcher, which starts the script, looks for itself where its real
// path lies.

import { realpath, type Stats, stat } from 'node:fs'
import { byteString } from '../../byte-string.ts'
import type { SymlinkRule } from '../static/root.ts'

export interface ScriptRootOptions {
  /** Absolute path. */
  readonly root: string
  readonly symlinks: SymlinkRule
  /** Endings of the names of scripts, with their dot; undefined: every file is one. */
  readonly extensions: readonly string[] | undefined
  /** 'executed': they have to be executable. 'read': somebody reads them, and the case of an ending does not matter. */
  readonly how: 'executed' | 'read'
  /** Scripts that answer for their directory, in order. */
  readonly index: readonly string[]
  /** Real paths of files that are never started. */
  readonly hidden: readonly string[]
}

/** Every string is a ByteString. */
export interface Script {
  readonly kind: 'script'
  /** Path below the root, from its slash. */
  readonly path: string
  /** What stands behind it, '' or from its slash. */
  readonly pathInfo: string
}

export type FoundScript =
  | Script
  | { readonly kind: 'missing' }
  /** A directory with an index, asked for without its slash. */
  | { readonly kind: 'redirect' }
  | { readonly kind: 'refused'; readonly why: string }

type Done = (found: FoundScript) => void
type Kind = 'directory' | 'script' | 'file' | 'closed' | 'locked' | 'outside' | 'missing'

/** What was found is believed for this long, milliseconds. */
const freshMs = 1000
const mostKnown = 1000

export class ScriptRoot {
  /** A ByteString without a slash at its end. */
  readonly path: string
  readonly #options: ScriptRootOptions
  readonly #index: readonly string[]
  readonly #extensions: readonly string[] | undefined
  readonly #hidden: ReadonlySet<string>
  readonly #known = new Map<string, { readonly kind: Kind; readonly sinceMs: number }>()

  constructor(options: ScriptRootOptions) {
    this.#options = options
    this.path = byteString(options.root).replace(/\/+$/, '')
    this.#index = options.index.map(byteString)
    this.#extensions = options.extensions?.map((one) => this.#folded(byteString(one)))
    this.#hidden = new Set(options.hidden.map(byteString))
  }

  /** @param nowMs on the monotonic clock */
  find(pathInfo: string, nowMs: number, done: Done): void {
    if (pathInfo.includes('\0')) done({ kind: 'missing' })
    else this.#walk(pathInfo, 0, nowMs, done)
  }

  /** Goes on behind the segment that ends at `from`. */
  #walk(path: string, from: number, nowMs: number, done: Done): void {
    if (path === '' || from === path.length - 1) {
      this.#findIndex(path.slice(0, from), path !== '', 0, nowMs, done)
      return
    }
    if (from === path.length) {
      this.#findIndex(path, false, 0, nowMs, done)
      return
    }
    const slash = path.indexOf('/', from + 1)
    const end = slash < 0 ? path.length : slash
    // Of a script's own path; behind it a dot means nothing.
    if (path.charCodeAt(from + 1) === dot) {
      done({ kind: 'missing' })
      return
    }
    const below = path.slice(0, end)
    this.#look(below, nowMs, (kind) => {
      if (kind === 'directory') this.#walk(path, end, nowMs, done)
      else done(this.#decide(kind, below, path.slice(end)))
    })
  }

  #findIndex(directory: string, hasSlash: boolean, at: number, nowMs: number, done: Done): void {
    const name = this.#index[at]
    if (name === undefined) {
      done({ kind: 'missing' })
      return
    }
    const below = `${directory}/${name}`
    this.#look(below, nowMs, (kind) => {
      if (kind === 'missing' || kind === 'directory' || kind === 'file')
        this.#findIndex(directory, hasSlash, at + 1, nowMs, done)
      else if (kind === 'script' && !hasSlash) done({ kind: 'redirect' })
      else done(this.#decide(kind, below, ''))
    })
  }

  #decide(kind: Kind, path: string, pathInfo: string): FoundScript {
    if (kind === 'script') return { kind, path, pathInfo }
    const name = this.path + path
    if (kind === 'closed') return { kind: 'refused', why: `"${name}" is not executable: chmod +x "${name}"` }
    if (kind === 'locked')
      return { kind: 'refused', why: `the user of the server may not enter a directory above "${name}"` }
    if (kind === 'outside') {
      const why = `"${name}" is a symlink that leads out of "${this.path}", for which it needs symlinks: any`
      return { kind: 'refused', why }
    }
    return { kind: 'missing' }
  }

  #look(below: string, nowMs: number, found: (kind: Kind) => void): void {
    const known = this.#known.get(below)
    if (known !== undefined && nowMs - known.sinceMs < freshMs) {
      found(known.kind)
      return
    }
    const name = Buffer.from(this.path + below, 'latin1')
    stat(name, (error, stats) => {
      if (error !== null) {
        found(error.code === 'EACCES' ? 'locked' : 'missing')
        return
      }
      const kind = this.#kindOf(below, stats)
      if (kind === 'directory' || kind === 'script') this.#checkPlace(name, below, kind, nowMs, found)
      else found(kind)
    })
  }

  #kindOf(below: string, stats: Stats): Kind {
    if (stats.isDirectory()) return 'directory'
    if (this.#extensions?.some((one) => this.#folded(below).endsWith(one)) === false) return 'file'
    if (!stats.isFile()) return 'missing'
    if (this.#options.how === 'read') return 'script'
    return (stats.mode & 0o111) === 0 ? 'closed' : 'script'
  }

  /** Endings are ASCII, so only its letters are folded: no other character may become one (they could make a file a script). */
  #folded(name: string): string {
    return this.#options.how === 'read' ? name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : name
  }

  #checkPlace(name: Buffer, below: string, kind: Kind, nowMs: number, found: (kind: Kind) => void): void {
    const { symlinks } = this.#options
    if (symlinks === 'any' && this.#hidden.size === 0) {
      this.#remember(below, kind, nowMs)
      found(kind)
      return
    }
    const root = Buffer.from(this.path === '' ? '/' : this.path, 'latin1')
    realpath.native(root, 'latin1', (noRoot, real) => {
      realpath.native(name, 'latin1', (error, target) => {
        if (noRoot !== null || error !== null) return found('missing')
        if (this.#hidden.has(target)) return found('missing')
        const prefix = real === '/' ? '' : real
        const isInside = symlinks === 'none' ? target === prefix + below : target.startsWith(`${prefix}/`)
        const settled = symlinks === 'any' || isInside ? kind : 'outside'
        this.#remember(below, settled, nowMs)
        found(settled)
      })
    })
  }

  /** Clearing everything is crude and right: clients choose the names, and what is there is few. */
  #remember(below: string, kind: Kind, sinceMs: number): void {
    if (this.#known.size >= mostKnown) this.#known.clear()
    this.#known.set(below, { kind, sinceMs })
  }
}

const dot = 0x2e

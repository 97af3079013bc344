// The directory that files come from, and the boundary around it: a descriptor that is already open is asked where it
// points, so there is no moment between check and use in which a name can be turned into a symlink.

import { type BigIntStats, readlinkSync, realpath, stat } from 'node:fs'
import { realpath as realpathOf } from 'node:fs/promises'
import { byteString } from '../../byte-string.ts'
import { isScript, type ScriptPlace } from './script-place.ts'

/** inside: a symlink must end below the root. any: it may point anywhere. none: no part of the path may be one. */
export type SymlinkRule = 'inside' | 'any' | 'none'

const unknownPlace = 'where it lies could not be found out'
const ownFile = 'it is a file of the server itself, which nobody gets'
const script = 'it is a script, or by its name a copy or a part of one, and those are never sent as files'
const outsideLink = 'a symlink leads to it that the mount does not allow (symlinks: any allows it)'

export class Root {
  /** The directory as configured, as a ByteString without a slash at its end. */
  readonly path: string
  readonly #symlinks: SymlinkRule
  /** Real paths of files that are never given away, as ByteStrings. */
  readonly #hidden: ReadonlySet<string>
  readonly #scripts: readonly ScriptPlace[]
  /** The directory with its own symlinks resolved, as a ByteString; '' until somebody needs it. */
  #real = ''

  /**
   * @param hidden real paths of files that nobody gets, wherever they lie
   * @param scripts nor these
   */
  constructor(
    directory: string,
    symlinks: SymlinkRule,
    hidden: readonly string[] = [],
    scripts: readonly ScriptPlace[] = [],
  ) {
    this.#scripts = scripts
    this.#hidden = new Set(hidden.map(byteString))
    this.path = byteString(directory).replace(/\/+$/, '')
    this.#symlinks = symlinks
  }

  /** The name of something below the root as the octets the file system wants. `below` is a ByteString from '/'. */
  nameOf(below: string): Buffer {
    return Buffer.from(this.path + below, 'latin1')
  }

  /** Why this root may not give away the file of an open descriptor, undefined where it may; calls back at once wherever it can. */
  refusal(fd: number, below: string, stats: BigIntStats, done: (why: string | undefined) => void): void {
    if (this.#symlinks === 'any' && this.#hidden.size === 0 && this.#scripts.length === 0) {
      done(undefined)
      return
    }
    whereIs(fd, this.nameOf(below), stats, (target) => {
      if (target === undefined) return done(unknownPlace)
      if (this.#hidden.has(target)) return done(ownFile)
      // By its name too: the real one changes when a link above is turned to the next release.
      if (isScript(this.#scripts, [target, this.path + below], stats)) return done(script)
      if (this.#symlinks === 'any') return done(undefined)
      if (this.#real !== '' && this.#accepts(target, below, stats)) return done(undefined)
      // The root itself may be a symlink that a deployment has turned to another directory since.
      realpath.native(this.path === '' ? '/' : Buffer.from(this.path, 'latin1'), 'latin1', (error, real) => {
        if (error !== null) return done(unknownPlace)
        this.#real = real
        done(this.#accepts(target, below, stats) ? undefined : outsideLink)
      })
    })
  }

  /** By name: for what is only shown. */
  hides(below: string): boolean {
    return this.#hidden.size > 0 && this.#hidden.has(this.path + below)
  }

  /** Whether a symlink leads where the rule allows. By name: for what is only shown, never for what is opened. */
  async leadsInside(below: string): Promise<boolean> {
    if (this.#symlinks !== 'inside') return this.#symlinks === 'any'
    const real = await realpathOf(this.nameOf('/'), 'latin1')
    const target = await realpathOf(this.nameOf(below), 'latin1')
    return target.startsWith(real === '/' ? real : `${real}/`)
  }

  #accepts(target: string, below: string, stats: BigIntStats): boolean {
    const prefix = this.#real === '/' ? '' : this.#real
    if (this.#symlinks === 'inside') return target === prefix || target.startsWith(`${prefix}/`)
    const expected = prefix + below
    // A file that was replaced after it was opened is still the file that was asked for.
    return target === expected || (stats.nlink === 0n && target === `${expected} (deleted)`)
  }
}

/** The real path of a descriptor as a ByteString; undefined when it cannot be told. */
function whereIs(
  fd: number,
  name: Buffer,
  stats: BigIntStats,
  done: (target: string | undefined) => void,
): void {
  const target = descriptorLink(fd)
  if (target !== undefined) {
    done(target)
    return
  }
  realpath.native(name, 'latin1', (error, real) => {
    if (error !== null) return done(undefined)
    stat(Buffer.from(real, 'latin1'), { bigint: true }, (failure, there) => {
      const same = failure === null && there.ino === stats.ino && there.dev === stats.dev
      done(same ? real : undefined)
    })
  })
}

/** What Linux says the descriptor is; undefined on other systems and without /proc (a bare chroot). */
function descriptorLink(fd: number): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    // Synchronous because the kernel answers from memory: no disk is touched, and it costs less than the thread pool.
    return readlinkSync(`/proc/self/fd/${fd}`, 'latin1')
  } catch {
    return undefined
  }
}

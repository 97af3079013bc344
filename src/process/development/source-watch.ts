// Watches the files an application was made of, for --reload: by looking at them, because that works on every file
// system and for every way to write. Looks rarely enough to cost less than a hundredth of a core, unless one look takes
// more than 10 ms.

import { dirname } from 'node:path'
import { Deadline } from '../deadline.ts'
import { fileStamp, modulesStamp } from './file-stamp.ts'

export interface SourceWatchSink {
  /** The first change after a quiet time was seen; more may follow. */
  touched(): void
  /** Nothing has changed any more for `quietMs`: these have, in the order they were seen. */
  changed(paths: readonly string[]): void
}

/** Pause between two looks, milliseconds; longer when a look takes long. */
const lookMs = 100
/** Time that looking may take: one part in so many. */
const duty = 100
/** Longest pause however slow the file system is, milliseconds. */
const longestLookMs = 1000
/** A checkout writes many files: what counts is the state after the last of them. Milliseconds. */
const quietMs = 100
/** Who never stops writing is not waited for any longer, milliseconds. */
const longestWriteMs = 2000
/** Files watched for one application. */
const mostFiles = 20_000

interface Watched {
  stamp: string
  /** Known from an earlier generation only. */
  carried: boolean
}

export class SourceWatch {
  readonly #sink: SourceWatchSink
  readonly #clock: () => number
  readonly #files = new Map<string, Watched>()
  /** Directories in which a missing module may appear; only while a generation fails. */
  readonly #directories = new Map<string, string>()
  readonly #changed = new Set<string>()
  readonly #next = new Deadline()
  #always = ''
  #firstChangeMs = 0
  #lastChangeMs = 0

  constructor(sink: SourceWatchSink, clock: () => number) {
    this.#sink = sink
    this.#clock = clock
    this.#next.arm(lookMs, () => this.look())
  }

  /** A worker of the newest generation has loaded this file, which then looked like `stamp`. */
  loaded(path: string, stamp: string): void {
    const known = this.#files.get(path)
    if (known === undefined || known.carried) this.#set(path, stamp)
    // Another worker of this generation has loaded something else: at the next look one of both is wrong.
    else if (known.stamp !== stamp) known.stamp = ''
  }

  /** An outdated worker has loaded this file: it counts while the new code fails. */
  carry(path: string): void {
    if (!this.#files.has(path)) this.#set(path, fileStamp(path), true)
  }

  /** One file to watch whatever is loaded: what the application is made of without reading it itself. */
  always(path: string): void {
    this.#always = path
    this.#set(path, fileStamp(path))
  }

  /** What is on disk now is what the next generation is started from. */
  nextGeneration(): void {
    for (const [path, file] of this.#files) {
      file.stamp = fileStamp(path)
      file.carried = path !== this.#always
    }
    this.#directories.clear()
    this.#changed.clear()
  }

  /** The generation fails: a module that was missing may appear beside any of its files. */
  failing(directory: string): void {
    for (const path of [directory, ...[...this.#files.keys()].map((file) => dirname(file))]) {
      if (!this.#directories.has(path)) this.#directories.set(path, modulesStamp(path))
    }
  }

  /** The generation works: files that it has not loaded are none of its business. */
  working(): void {
    for (const [path, { carried }] of this.#files) if (carried) this.#files.delete(path)
    this.#directories.clear()
  }

  /** Changes were seen and `changed` has not been called yet. */
  get pending(): boolean {
    return this.#changed.size > 0
  }

  /** Looks at once. */
  look(): void {
    const now = this.#clock()
    const found = this.#findChanges()
    if (found.length > 0) {
      this.#lastChangeMs = now
      if (this.#changed.size === 0) this.#firstChangeMs = now
      const first = this.#changed.size === 0
      for (const path of found) this.#changed.add(path)
      if (first) this.#sink.touched()
    }
    const tookMs = this.#clock() - now
    this.#next.arm(Math.min(longestLookMs, Math.max(lookMs, tookMs * duty)), () => this.look())
    if (this.#changed.size > 0 && this.#isQuiet(now)) {
      const paths = [...this.#changed]
      this.#changed.clear()
      this.#sink.changed(paths)
    }
  }

  stop(): void {
    this.#next.clear()
    this.#files.clear()
  }

  #set(path: string, stamp: string, carried = false): void {
    if (this.#files.size < mostFiles) this.#files.set(path, { stamp, carried })
  }

  #isQuiet(now: number): boolean {
    return now - this.#lastChangeMs >= quietMs || now - this.#firstChangeMs >= longestWriteMs
  }

  #findChanges(): string[] {
    const found: string[] = []
    for (const [path, file] of this.#files) {
      const stamp = fileStamp(path)
      if (stamp === file.stamp) continue
      file.stamp = stamp
      found.push(path)
    }
    for (const [path, known] of this.#directories) {
      const stamp = modulesStamp(path)
      if (stamp === known) continue
      this.#directories.set(path, stamp)
      found.push(path)
    }
    return found
  }
}

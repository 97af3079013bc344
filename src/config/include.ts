// The files that a configuration is made of: the one that is named, and those that "include" adds to it.
// Each file is read and checked by itself, so every problem stands in its own file; then they become one source.
// In order: a file, then what it includes, as its list has it; what a pattern matches by name. A file counts once.

import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Problem } from '../schema/problem.ts'
import { didYouMean, notFile, onDisk } from './on-disk.ts'
import { fileSchema, includedSchema } from './schema.ts'
import type { Source } from './source.ts'
import { readSource, shorten } from './source.ts'
import type { Written } from './written.ts'
import { readWritten } from './written.ts'

/** One file with what stands in it. */
export interface Part {
  readonly source: Source
  readonly written: Written
}

export interface Parts {
  /** The file that was named comes first. */
  readonly parts: readonly [Part, ...Part[]]
  /** Of files that could not be read, beside those in `written`. */
  readonly problems: readonly Problem[]
}

/** Reads what `source` includes; `cwd` shortens names in messages. */
export function readParts(source: Source, cwd: string): Parts {
  const reader = new Reader(cwd)
  reader.read(source, [source.origin])
  const [first = unread(source.origin, cwd), ...others] = reader.parts
  return { parts: [first, ...others], problems: reader.problems }
}

class Reader {
  readonly parts: Part[] = []
  readonly problems: Problem[] = []
  readonly #cwd: string
  readonly #seen = new Set<string>()

  constructor(cwd: string) {
    this.#cwd = cwd
  }

  /** @param way the files that lead here, this one last */
  read(source: Source, way: readonly string[]): void {
    this.#seen.add(source.origin)
    const written = readWritten(source, way.length === 1 ? fileSchema : includedSchema)
    this.parts.push({ source, written })
    const isList = Array.isArray((source.value as { readonly include?: unknown }).include)
    for (const [index, name] of (written.file?.include ?? []).entries()) {
      const position = source.position(isList ? ['include', index] : ['include'], 'value')
      const report = (message: string, hint: string) =>
        this.problems.push({ ...position, severity: 'error', setting: 'include', message, hint })
      if (name.includes('**')) {
        report('there is no "**": a * stands for anything in one part of the path', allFiles)
        this.parts.push(unread(resolve(source.directory, name), this.#cwd))
      } else if (/[*?]/.test(name)) {
        for (const path of matches(source.directory, name)) this.#include(path, way)
      } else this.#named(resolve(source.directory, name), name, way, report)
    }
  }

  #named(
    path: string,
    name: string,
    way: readonly string[],
    report: (message: string, hint: string) => void,
  ): void {
    const wrong = notFile(path)
    if (wrong !== undefined) {
      report(wrong, `${didYouMean(path, name)}Name a file, or a pattern such as sites/*.yaml`)
      this.parts.push(unread(path, this.#cwd))
    } else if (way.includes(path)) {
      const circle = [...way.slice(way.indexOf(path)), path].map((one) => shorten(one, this.#cwd))
      report(`the file includes itself: ${circle.join(' > ')}`, 'Remove it from one of the lists')
    } else this.#include(path, way)
  }

  #include(path: string, way: readonly string[]): void {
    if (this.#seen.has(path)) return
    this.#seen.add(path)
    const read = readSource(path, this.#cwd)
    this.problems.push(...read.problems)
    if (read.kind === 'ok') this.read(read.source, [...way, path])
    // Of a file that cannot be read nobody knows what it defines.
    else this.parts.push(unread(path, this.#cwd))
  }
}

const allFiles = 'Write for example sites/*.yaml and sites/*/*.yaml'

function unread(path: string, cwd: string): Part {
  const position = { file: shorten(path, cwd), line: 0, column: 0 }
  const source: Source = {
    origin: path,
    files: [path],
    directory: path,
    value: {},
    position: () => position,
    where: () => position.file,
    part: (at) => ({ directory: path, path: at }),
  }
  return { source, written: { file: undefined, partial: true, unread: true, problems: [] } }
}

/**
 * The files that a pattern names, in the order of their names: `*` and `?` stand for anything in one part of a path, but not
 * for a dot at its start.
 */
function matches(directory: string, pattern: string): readonly string[] {
  let found = [resolve(directory, pattern.startsWith('/') ? '/' : '.')]
  for (const part of pattern.split('/').filter((one) => one !== '')) {
    if (!/[*?]/.test(part)) {
      found = found.map((path) => join(path, part))
      continue
    }
    const source = part
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replaceAll('?', '.')
    const test = new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's')
    found = found.flatMap((path) =>
      namesIn(path)
        .filter((name) => test.test(name))
        .map((name) => join(path, name)),
    )
  }
  return found.filter((path) => onDisk(path) === 'file' || onDisk(path) === 'denied').sort()
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

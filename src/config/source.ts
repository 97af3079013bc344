// Where a configuration comes from: a YAML 1.2 text whose every node has a position, or a plain object
// (detected, or made from the command line) that has none. Reads the text; what it may say is schema.ts.

import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { Document, Node, Pair } from 'yaml'
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { SettingPath } from '../schema/path.ts'
import type { Position, Problem } from '../schema/problem.ts'
import { didYouMean } from './on-disk.ts'
import type { YamlFault } from './yaml-fault.ts'
import { sayUnresolvedAlias, sayYaml } from './yaml-words.ts'

export interface Source {
  /** Absolute path of the file, or of the directory of a plain object. */
  readonly origin: string
  /** Absolute paths of the files that it was read from. */
  readonly files: readonly string[]
  /** What it includes is looked for here. */
  readonly directory: string
  readonly value: unknown
  /** Of the node at `path`, or of its nearest ancestor that exists; 'key' is where its key stands. */
  position(path: SettingPath, at: 'key' | 'value'): Position
  /** For provenance: 'portico.yaml:3', 'detected'. */
  where(path: SettingPath): string
  /** The file that `path` stands in: where its relative paths start, and the path as that file has it. */
  part(path: SettingPath): { readonly directory: string; readonly path: SettingPath }
}

export type SourceResult =
  | { readonly kind: 'ok'; readonly source: Source; readonly problems: readonly Problem[] }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] }

/** A plain object as a source; `label` says where it came from ('detected', 'command line'). */
export function plainSource(value: unknown, directory: string, label: string): Source {
  return {
    origin: directory,
    files: [],
    directory,
    value,
    position: () => ({ file: label, line: 0, column: 0 }),
    where: () => label,
    part: (path) => ({ directory, path }),
  }
}

/** Reads a file; `cwd` shortens its name in messages. */
export function readSource(file: string, cwd: string): SourceResult {
  const origin = resolve(cwd, file)
  const shown = shorten(origin, cwd)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(origin))
  } catch (error) {
    return { kind: 'bad', problems: [unreadable(shown, origin, error)] }
  }
  return parseSource(text, origin, shown)
}

/** Parses the text of a configuration file. Keys that stand twice are problems, but the rest is still read. */
export function parseSource(text: string, origin: string, shown: string): SourceResult {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file: shown, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const fault = ({ offset, message, hint }: YamlFault): Problem => {
    const excerpt = text.split(/\r?\n/)[at(offset).line - 1] ?? ''
    return { ...at(offset), severity: 'error', setting: '', message, hint, excerpt }
  }
  const errors = [...document.errors, ...document.warnings]
  // Behind the first mistake the parser guesses: what else it says about the syntax is no news.
  const first = errors.find(({ code }) => code !== 'DUPLICATE_KEY')
  const problems = errors
    .filter((error) => error === first || error.code === 'DUPLICATE_KEY')
    .map((error) => fault(sayYaml(error, text)))
  if (first !== undefined) return { kind: 'bad', problems }
  keepEnvironmentAsWritten(document)
  let value: unknown
  try {
    value = document.toJS() ?? {}
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const said = sayUnresolvedAlias(message, text) ?? { offset: 0, message, hint: '' }
    return { kind: 'bad', problems: [...problems, fault(said)] }
  }
  const position = (path: SettingPath, side: 'key' | 'value') => at(offsetOf(document, path, side))
  const where = (path: SettingPath) => `${shown}:${position(path, 'key').line}`
  const directory = dirname(origin)
  const part = (path: SettingPath) => ({ directory, path })
  return {
    kind: 'ok',
    source: { origin, files: [origin], directory, value, position, where, part },
    problems,
  }
}

function unreadable(shown: string, origin: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  const [message, hint] =
    code === 'ENOENT'
      ? [
          'the file does not exist',
          `${didYouMean(origin, shown)}Name another with --config, or a directory to serve it as it is`,
        ]
      : code === 'EISDIR'
        ? ['a directory, but a file is expected', 'Name the portico.yaml in it']
        : code === 'EACCES'
          ? ['the file may not be read by this user', 'Change its permissions or its owner']
          : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
            ? ['the file is not UTF-8', 'Save it as UTF-8 text']
            : [`the file cannot be read: ${error instanceof Error ? error.message : String(error)}`, '']
  return { file: shown, line: 0, column: 0, severity: 'error', setting: '', message, hint }
}

// YAML would turn 007 into 7 and 1.10 into 1.1; the value of an environment variable is text as it was written.
function keepEnvironmentAsWritten(document: Document.Parsed): void {
  const visitMap = (node: unknown, depth: number): void => {
    if (isSeq(node)) for (const item of node.items) visitMap(item, depth)
    if (!isMap(node) || depth > 6) return
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? pair.key.value : undefined
      if (name !== 'environment' || !isMap(pair.value)) visitMap(pair.value, depth + 1)
      else for (const entry of pair.value.items) keepScalar(entry)
    }
  }
  visitMap(document.contents, 0)
}

function keepScalar(entry: Pair<unknown, unknown>): void {
  const node = entry.value
  if (isScalar(node) && typeof node.value !== 'string' && node.value !== null && node.source !== undefined) {
    node.value = node.source
  }
}

function offsetOf(document: Document.Parsed, path: SettingPath, side: 'key' | 'value'): number {
  let node: Node | null | undefined = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const [index, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    const last = index === path.length - 1
    if (isMap(node)) {
      const pair: Pair<unknown, unknown> | undefined = node.items.find((item) => keyOf(item) === String(part))
      if (!pair) return offset
      const key = isNode(pair.key) ? pair.key.range?.[0] : undefined
      const value: Node | null = isNode(pair.value) ? pair.value : null
      offset = (last && side === 'key' ? key : (value?.range?.[0] ?? key)) ?? offset
      // A block map as value starts on its first key; the place that people look for is the key above it.
      if (last && side === 'value' && (isMap(value) || isSeq(value)) && !value.flow) offset = key ?? offset
      if (!last && (isMap(value) || isSeq(value)) && !value.flow) offset = key ?? offset
      node = value
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)]
      if (!isNode(item)) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}

function keyOf(pair: Pair<unknown, unknown>): string | undefined {
  return isScalar(pair.key) ? String(pair.key.value) : undefined
}

/** Relative to `cwd` where that does not climb out of it. */
export function shorten(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short !== '' && !short.startsWith('..') ? short : path
}

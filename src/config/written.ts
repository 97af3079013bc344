// Reads a source against the schema. What the schema refuses is reported, then taken out and the rest is
// read again, so that one wrong value does not hide the problems of all others.

import type { SettingPath } from '../schema/path.ts'
import type { Problem } from '../schema/problem.ts'
import { toRefusals } from './issues.ts'
import { isMap } from './plain-map.ts'
import type { WrittenFile } from './schema.ts'
import { fileSchema, type includedSchema } from './schema.ts'
import type { Source } from './source.ts'
import { targetKeys } from './target-kind.ts'

export interface Written {
  /** Undefined when nothing of the file is usable. */
  readonly file: WrittenFile | undefined
  /** True when parts were taken out, so that what is missing proves nothing. */
  readonly partial: boolean
  /** True when a file could not be read, so that nobody knows which names it defines. */
  readonly unread?: boolean
  readonly problems: readonly Problem[]
}

/** Deeper nesting than this does not occur; the bound only guards against an endless loop. */
const maxRounds = 20

/** @param schema of the file that was named, or of one that it includes */
export function readWritten(
  source: Source,
  schema: typeof fileSchema | typeof includedSchema = fileSchema,
): Written {
  let value = source.value
  const problems: Problem[] = []
  const removed: SettingPath[] = []
  for (let round = 0; round < maxRounds; round++) {
    const parsed = schema.safeParse(value, { reportInput: true })
    if (parsed.success) return { file: parsed.data, partial: problems.length > 0, problems }
    const refusals = toRefusals(parsed.error.issues, source.position)
    for (const { path, problem } of refusals) {
      // What is wrong only because something inside it was taken out is not a problem of its own.
      if (problem && !removed.some((inner) => startsWith(inner, path))) problems.push(problem)
    }
    removed.push(...refusals.map(({ path }) => path))
    const paths = refusals.map(({ path }) => removable(value, path))
    if (paths.some((path) => path.length === 0)) break
    value = structuredClone(value)
    for (const path of paths) remove(value, path)
  }
  return { file: undefined, partial: true, problems }
}

/** What a site cannot do without: nothing of the kind in its place, so that the rest of it is looked at. */
function standIn(path: SettingPath): object | undefined {
  const [section, , key] = path
  if (section !== 'sites' || path.length !== 3) return undefined
  return key === 'mounts' ? {} : key === 'hosts' ? [] : undefined
}

/** The nearest thing around `path` that can go: a key that exists; of a list the whole, for positions must not move. */
function removable(value: unknown, path: SettingPath): SettingPath {
  const parent = at(value, path.slice(0, -1))
  const part = path.at(-1)
  if (path.length === 0) return path
  if (isMap(parent) && standIn(path) !== undefined) return path
  const isThere = isMap(parent) && part !== undefined && part in parent
  return isThere && !isMeaning(parent, part) ? path : removable(value, path.slice(0, -1))
}

/** What is left of a map without this key would mean something else: options in place of a target, or nothing. */
function isMeaning(parent: Record<string, unknown>, part: string | number): boolean {
  return Object.keys(parent).length === 1 || targetKeys.includes(String(part))
}

function remove(value: unknown, path: SettingPath): void {
  const parent = at(value, path.slice(0, -1))
  const part = path.at(-1)
  if (!isMap(parent) || part === undefined) return
  const filling = standIn(path)
  if (filling === undefined) delete parent[part]
  else parent[part] = filling
  // Nothing would be said where something wrong has been said.
  const outer = removable(value, path.slice(0, -1))
  if (Object.keys(parent).length === 0 && outer.length > 0) remove(value, outer)
}

function startsWith(path: SettingPath, start: SettingPath): boolean {
  return start.every((part, index) => path[index] === part)
}

function at(value: unknown, path: SettingPath): unknown {
  return path.reduce<unknown>((node, part) => {
    if (Array.isArray(node)) return node[Number(part)]
    return isMap(node) ? node[part] : undefined
  }, value)
}

// Prints the effective configuration as a portico.yaml that loads to the same, with the origin of each value behind it.
// Pure: values in, text out. Colours and streams belong to the command line.

import { stringify } from 'yaml'
import type { SettingPath } from '../schema/path.ts'
import { formatPath } from '../schema/path.ts'
import type { Effective } from './effective.ts'
import type { Provenance } from './provenance.ts'
import { spell } from './spell.ts'
import { isTreeMap, type Tree } from './tree.ts'

/** The comments start in this column where the values leave room. */
const commentColumn = 44

/** YAML with comments; `provenance` comes from load(). */
export function printEffective(effective: Effective, provenance: Provenance): string {
  const lines: string[] = []
  for (const [key, value] of Object.entries(spell(effective)))
    writeEntry(lines, '', key, value, [key], provenance)
  return `${lines.join('\n')}\n`
}

function writeEntry(
  lines: string[],
  indent: string,
  key: string,
  value: Tree,
  path: SettingPath,
  provenance: Provenance,
): void {
  const start = `${indent}${inline(key)}:`
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) {
    lines.push(start)
    for (const [index, item] of value.entries())
      writeItem(lines, `${indent}  `, item, [...path, index], provenance)
  } else if (isTreeMap(value) && Object.keys(value).length > 0) {
    lines.push(start)
    for (const [inner, item] of Object.entries(value)) {
      writeEntry(lines, `${indent}  `, inner, item, [...path, inner], provenance)
    }
  } else lines.push(withOrigin(`${start} ${inline(value)}`, originOf(path, provenance)))
}

/** A map as an item of a list: its first key stands behind the dash. */
function writeItem(
  lines: string[],
  indent: string,
  value: Tree,
  path: SettingPath,
  provenance: Provenance,
): void {
  if (!isTreeMap(value)) {
    lines.push(withOrigin(`${indent}- ${inline(value)}`, originOf(path, provenance)))
    return
  }
  const inner: string[] = []
  for (const [key, item] of Object.entries(value))
    writeEntry(inner, `${indent}  `, key, item, [...path, key], provenance)
  const [first = '', ...rest] = inner
  lines.push(`${indent}- ${first.slice(indent.length + 2)}`, ...rest)
}

/** Of the setting, or of the nearest one around it or first inside it (lists have one origin for their items). */
function originOf(path: SettingPath, provenance: Provenance): string {
  for (let length = path.length; length > 0; length--) {
    const origin =
      provenance[formatPath(path.slice(0, length))] ?? provenance[formatPath([...path.slice(0, length), 0])]
    if (origin !== undefined) return origin
  }
  return 'default'
}

function withOrigin(text: string, origin: string): string {
  return `${text.padEnd(commentColumn - 1)} # ${origin}`
}

function inline(value: Tree): string {
  return stringify(value, { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: false }).trimEnd()
}

// Lines that stand where they belong to nothing: keys beside the items of a list, items beside keys, and columns between the
// levels of the lines above.

import type { YamlFault } from './yaml-fault.ts'
import { type Line, lineAt, linesAbove } from './yaml-lines.ts'

/** A line that is indented like nothing above it, or like something of another kind. */
export function sayIndent(text: string, line: Line): YamlFault {
  return sayBeside(text, line) ?? betweenLevels(text, line)
}

/** Undefined where the line does not stand beside something of another kind. */
export function sayBeside(text: string, line: Line): YamlFault | undefined {
  const above = linesAbove(text, line)
  const beside = above
    .slice(
      0,
      indexOf(above, ({ indent }) => indent < line.indent),
    )
    .filter(({ indent }) => indent === line.indent)
  const [sibling] = beside
  if (sibling === undefined || isItem(sibling) === isItem(line)) return undefined
  // A list may stand at the column of its key.
  if (/:\s*(#.*)?$/.test(beside.find((one) => !isItem(one))?.text ?? '')) return undefined
  const offset = line.start + line.indent
  const written = line.text.trim()
  const own = keyOf(line)
  if (isItem(line)) {
    const key = keyOf(sibling) ?? sibling.text.trim()
    const message = `an item of a list ("- ") stands beside the key "${key}"`
    const first = line.indent === 0 ? 'Give' : `Put "- " before "${key}" as well, or give`
    return { offset, message, hint: `${first} the list a key of its own, with nothing behind its colon` }
  }
  if (own === undefined)
    return {
      offset,
      message: `"${written}" stands beside the items of a list, but does not start with "- "`,
      hint: `Write: - ${written}`,
    }
  const ways = [
    ...like(keyOf(sibling), keyColumn(sibling)),
    ...like(outerKey(above, line), outerColumn(above, line)),
  ]
  return {
    offset,
    message: `the key "${own}" stands beside the items of a list ("- ")`,
    hint:
      ways.length === 0
        ? 'Put "- " before it, or give the list a key of its own'
        : `Indent it ${ways.join(', or ')}`,
  }
}

/** For a list below a key that has a value already; undefined for all else. */
export function sayListBelowValue(text: string, line: Line): YamlFault | undefined {
  const next = lineAt(text, line.start + line.text.length + 1)
  const [, key, value] = /^\s*(?:- +)*([^\s:]+):\s+(\S.*)$/.exec(line.text.replace(/\s+#.*$/, '')) ?? []
  if (key === undefined || value === undefined || next.number <= line.number) return undefined
  if (!isItem(next) || next.indent < line.indent) return undefined
  return {
    offset: next.start + next.indent,
    message: `an item of a list ("- ") stands below "${key}", which has a value already`,
    hint: `Put the value on a line of its own, as an item: - ${value}`,
  }
}

/** For a key below an item that is a single value. */
export function sayKeyBelowItem(text: string, line: Line): YamlFault | undefined {
  const next = lineAt(text, line.start + line.text.length + 1)
  const key = keyOf(next)
  if (key === undefined || !isItem(line) || keyOf(line) !== undefined || next.indent <= line.indent)
    return undefined
  return {
    offset: next.start + next.indent,
    message: `the key "${key}" is indented as if it belonged to "${line.text.trim()}", which is a single value`,
    hint: `Indent it like the key that it belongs to, or put "- " before it`,
  }
}

function like(key: string | undefined, column: number): readonly string[] {
  return key === undefined ? [] : [`by ${spaces(column)}, like "${key}"`]
}

/** The nearest key above whose value the line stands in. */
function outerOf(above: readonly Line[], line: Line): Line | undefined {
  return above.find(({ indent }) => indent < line.indent)
}

function outerKey(above: readonly Line[], line: Line): string | undefined {
  const outer = outerOf(above, line)
  return outer === undefined ? undefined : keyOf(outer)
}

function outerColumn(above: readonly Line[], line: Line): number {
  const outer = outerOf(above, line)
  return outer === undefined ? 0 : keyColumn(outer)
}

function betweenLevels(text: string, line: Line): YamlFault {
  const levels: number[] = []
  let least = Number.POSITIVE_INFINITY
  for (const above of linesAbove(text, line)) {
    if (above.indent <= least) {
      least = above.indent
      if (!isItem(line)) levels.push(keyColumn(above))
      else if (isItem(above)) levels.push(above.indent)
    }
    if (above.indent === 0) break
  }
  const fitting = [...new Set(levels)].sort((a, b) => a - b)
  const those = isItem(line) ? 'the items' : 'the keys'
  return {
    offset: line.start + line.indent,
    message: `this line is indented by ${spaces(line.indent)}, which is none of the levels that are open above it`,
    hint: `Indent it like ${those} it belongs to: ${fitting.map(spaces).join(' or ')}`,
  }
}

function isItem({ text }: Line): boolean {
  return /^\s*-(\s|$)/.test(text)
}

function keyOf({ text }: Line): string | undefined {
  return /^\s*(?:- +)*("[^"]*"|'[^']*'|[^\s:]+):(\s|$)/.exec(text)?.[1]?.replace(/^(["'])(.*)\1$/, '$2')
}

/** Where a key of an item stands, behind the dash. */
function keyColumn({ text }: Line): number {
  return /^\s*(?:- +)*/.exec(text)?.[0].length ?? 0
}

function indexOf(lines: readonly Line[], test: (line: Line) => boolean): number {
  const index = lines.findIndex(test)
  return index === -1 ? lines.length : index
}

export function spaces(count: number): string {
  return count === 1 ? '1 space' : `${count} spaces`
}

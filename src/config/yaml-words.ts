// What to say about a text that is not YAML: where it went wrong as its author sees it, and what to write.
// The parser names its own state; here that is turned into words about the lines.

import { sayBeside, sayIndent, sayKeyBelowItem, sayListBelowValue } from './yaml-beside.ts'
import type { YamlFault } from './yaml-fault.ts'
import { type Line, lineAt, linesAbove } from './yaml-lines.ts'
import { leftOpen } from './yaml-open.ts'

export interface YamlError {
  readonly code: string
  readonly message: string
  readonly pos: readonly [number, number]
}

export function sayYaml(error: YamlError, text: string): YamlFault {
  const [offset] = error.pos
  const line = lineAt(text, offset)
  const here = (message: string, hint: string, at = offset): YamlFault => ({ offset: at, message, hint })
  switch (error.code) {
    case 'DUPLICATE_KEY':
      return duplicate(text, line, offset)
    case 'MULTIPLE_DOCS':
      return here('the file holds more than one YAML document', 'Remove the line "---" and what follows it')
    case 'TAB_AS_INDENT':
      return here('this line is indented with a tab', 'Indent with spaces, two for each level')
    case 'BAD_INDENT':
      return error.message.startsWith('Flow') ? unclosed(text, offset) : sayIndent(text, line)
    case 'BAD_SCALAR_START': {
      const value = rest(text, offset)
      return here(`a value cannot start with "${value.charAt(0)}"`, `Put it in double quotes: "${value}"`)
    }
    case 'BAD_DQ_ESCAPE':
      return here(
        `"${text.slice(offset, offset + 2)}" has no meaning in double quotes`,
        'Put the text in single quotes, or write each backslash twice',
      )
    case 'TAG_RESOLVE_FAILED':
      return here(
        `"${/^\S+/.exec(text.slice(offset))?.[0] ?? ''}" is a tag, and tags have no meaning here`,
        'Put text that starts with "!" in double quotes',
      )
    case 'MISSING_CHAR':
      if (error.message.startsWith('Sequence item')) return sayIndent(text, line)
      return error.message.includes('quote') ? unclosed(text, offset) : notAPair(text, line, offset, error)
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return notAPair(text, line, offset, error)
    case 'UNEXPECTED_TOKEN':
      return unexpected(text, line, offset, error)
    default:
      return plain(error)
  }
}

/** For an alias without an anchor, which shows only when the document is resolved; undefined for another error. */
export function sayUnresolvedAlias(message: string, text: string): YamlFault | undefined {
  const name = /alias\): (.+)$/.exec(message)?.[1]
  if (name === undefined) return undefined
  return {
    offset: Math.max(0, text.indexOf(`*${name}`)),
    message: `"*${name}" is an alias, but nothing is marked with "&${name}" before it`,
    hint: `Put text that starts with "*" in double quotes: "*${name}"`,
  }
}

function plain({ message, pos }: YamlError): YamlFault {
  const [offset] = pos
  return {
    offset,
    message: `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
    hint: 'Compare the indentation and the quotes with the lines above',
  }
}

function duplicate(text: string, line: Line, offset: number): YamlFault {
  const written = /^(?:"[^"]*"|'[^']*'|[^\s:]+)/.exec(text.slice(offset))?.[0] ?? ''
  const shown = written.startsWith('"') ? written : `"${written}"`
  let first = ''
  if (line.indent === offset - line.start) {
    for (const above of linesAbove(text, line)) {
      if (above.indent < line.indent) break
      if (above.indent === line.indent && above.text.trim().startsWith(`${written}:`))
        first = `; the other is in line ${above.number}`
    }
  }
  return {
    offset,
    message: `the key ${shown} stands twice in this map${first}`,
    hint: 'Remove one of the two',
  }
}

function unclosed(text: string, offset: number): YamlFault {
  const open = leftOpen(text.slice(0, offset))
  if (open === undefined) {
    return {
      offset,
      message: 'something before this place is not closed',
      hint: 'Look for a missing "]", "}" or quote',
    }
  }
  const isQuote = open.wanted === open.character
  const message = `${isQuote ? 'the text that starts with ' : ''}${quoted(open.character)} is not closed`
  const further = isQuote ? '' : '; the lines up to there are indented deeper than the key'
  return { offset: open.offset, message, hint: `End it with ${quoted(open.wanted)}${further}` }
}

function quoted(character: string): string {
  return character === '"' ? `'"'` : `"${character}"`
}

function sayMisplaced(text: string, line: Line): YamlFault | undefined {
  return sayBeside(text, line) ?? sayListBelowValue(text, line) ?? sayKeyBelowItem(text, line)
}

/** A line that is neither "key: value" nor what could stand in its place. */
function notAPair(text: string, line: Line, offset: number, error: YamlError): YamlFault {
  if (error.message.startsWith('A block sequence')) return sayIndent(text, line)
  const misplaced = error.code === 'MISSING_CHAR' ? undefined : sayMisplaced(text, line)
  if (misplaced !== undefined) return misplaced
  const [, start = '', key = '', value = ''] =
    /^(\s*(?:- +)*)([^\s:#"'{}[\]]+):((?!\/\/)\S.*)$/.exec(line.text) ?? []
  if (key !== '') {
    return {
      offset: line.start + start.length + key.length,
      message: `there is no space behind the colon of "${key}"`,
      hint: `Write: ${key}: ${value.trim()}`,
    }
  }
  const written = line.text.replace(/\s#.*$/, '').trim()
  if (!/:(\s|$)/.test(written)) {
    return {
      offset: line.start + line.indent,
      message: `"${written}" is neither a key with a value nor part of what stands above it`,
      hint: `Write "${written.replace(/^- +/, '')}: ..." for a key; an item of a list starts with "- "`,
    }
  }
  const next = lineAt(text, line.start + line.text.length + 1)
  const inner = /^\s*([^\s:]+):(\s|$)/.exec(next.text)?.[1]
  const outer = /^\s*(?:- +)*([^\s:]+):\s/.exec(line.text)?.[1]
  if (next.number > line.number && next.indent > line.indent && inner !== undefined && outer !== undefined) {
    return {
      offset: next.start + next.indent,
      message: `"${inner}" is indented as if it belonged to "${outer}", which has a value already`,
      hint: `Indent "${inner}" like "${outer}", or remove the value behind "${outer}:"`,
    }
  }
  if (error.code !== 'BLOCK_AS_IMPLICIT_KEY') return plain(error)
  return {
    offset,
    message: 'there is a second colon in this value',
    hint: 'Put the value in double quotes, or the inner key on a line of its own',
  }
}

function unexpected(text: string, line: Line, offset: number, error: YamlError): YamlFault {
  const here = (message: string, hint: string): YamlFault => ({ offset, message, hint })
  const character = text.charAt(offset)
  if (error.message.includes('block-seq-ind'))
    return here(
      'an item of a list ("- ") cannot stand behind its key',
      'Start it on a line of its own, or write [a, b]',
    )
  if (character === '}' || character === ']') {
    const opening = character === '}' ? '{' : '['
    return here(`"${character}" closes nothing`, `Remove it, or add the "${opening}" that it belongs to`)
  }
  const before = text
    .slice(0, offset)
    .replace(/[ \t]+$/, '')
    .slice(-1)
  if (before === "'" || before === '"') {
    const hint = before === "'" ? "Inside '...' write '' for '" : 'Inside "..." write \\" for a double quote'
    return here('the text has ended before this, with its closing quote', hint)
  }
  const beside = sayBeside(text, line)
  if (beside !== undefined) return beside
  return plain(error)
}

/** The rest of a line without its comment. */
function rest(text: string, offset: number): string {
  return (/^.*/.exec(text.slice(offset))?.[0] ?? '').replace(/\s+#.*$/, '').trim()
}

// One event of the error log as text that a person reads: time, level, event, facts, then the words that belong to it.
// Whatever the words and values hold, they cannot forge a second event or steer a terminal: controls are escaped.
// Writes nothing; the order of facts is the caller's.

import type { Facts } from '../failure.ts'
import type { EventName } from './events.ts'
import type { Level } from './log.ts'

/** What happened, before it is text. */
export interface Happening {
  readonly wallMs: number
  readonly level: Level
  readonly event: EventName
  readonly facts: Facts
  readonly text: string
}

// Controls (C0, DEL, C1), invisible format characters (among them those that reverse text), lone surrogates,
// private use, and the two Unicode line ends.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u
const unprintables = new RegExp(unprintable.source, 'gu')
const plainValue = /^[^\s"'=\\|\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+$/u
const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const colours: Readonly<Record<Level, string>> = {
  debug: '\x1b[2m',
  info: '\x1b[32m',
  warn: '\x1b[33m',
  error: '\x1b[31m',
}
const plain = '\x1b[0m'
const indent = '    '

/**
 * The event with its newline. Words of one line follow the facts after ` | `; words of several lines follow on lines
 * of their own, indented by four spaces.
 */
export function eventText(happening: Happening, colour: boolean): string {
  const { level } = happening
  const shown = colour ? colours[level] + level + plain : level
  const first = `${new Date(happening.wallMs).toISOString()} ${shown} ${happening.event}${factsText(happening.facts)}`
  return `${first}${wordsText(happening.text)}\n`
}

function factsText(facts: Facts): string {
  let text = ''
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) continue
    text += ` ${name}=${typeof value === 'string' ? valueText(value) : value}`
  }
  return text
}

function valueText(value: string): string {
  if (plainValue.test(value)) return value
  return `"${escapeControls(value.replace(/["\\]/g, '\\$&'))}"`
}

function wordsText(words: string): string {
  if (words === '') return ''
  const lines = words.replace(/(\r?\n)+$/, '').split(/\r?\n/)
  if (lines.length === 1) return ` | ${escapeControls(lines[0] ?? '')}`
  return lines.map((line) => `\n${indent}${escapeControls(line)}`).join('')
}

/** `\n \r \t`, else `\xHH` up to 0xFF and `\u{H}` above. */
function escapeControls(text: string): string {
  return unprintable.test(text) ? text.replace(unprintables, escaped) : text
}

function escaped(character: string): string {
  const short = shortEscapes[character]
  if (short !== undefined) return short
  const hex = (character.codePointAt(0) ?? 0).toString(16)
  return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`
}

// Where the command line writes: data on stdout, everything else on stderr, colour only on a terminal.
// Colour never carries meaning alone. Decided when a command runs, never at import (NO_COLOR, no-color.org).
// File names, keys and flags come from anywhere: their control characters never reach the terminal as they are.

import type { Problem } from '../schema/problem.ts'
import { formatProblem } from '../schema/problem.ts'

export type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold'

export interface Output {
  /** Data for people and programs: stdout. */
  data(text: string): void
  /** Everything else: stderr. */
  note(text: string): void
  /** `text` in a colour, where stderr is a terminal that shows one. */
  paint(colour: Colour, text: string): string
}

const codes: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  dim: [2, 22],
  bold: [1, 22],
}

interface Stream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** The real streams; each call writes one line or more and adds the last line end. */
export function openOutput(
  stdout: Stream = process.stdout,
  stderr: Stream = process.stderr,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Output {
  const colours = stderr.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb'
  const line = (text: string) => (text.endsWith('\n') ? text : `${text}\n`)
  return {
    data: (text) => void stdout.write(line(text)),
    note: (text) => void stderr.write(printable(line(text), colours)),
    paint: (colour, text) =>
      colours ? `\u001b[${codes[colour][0]}m${text}\u001b[${codes[colour][1]}m` : text,
  }
}

// Our own colours, then everything that a terminal may act on but line feed and tab.
const steering = /\u001b\[(?:1|2|22|3[123]|39)m|(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The text with control characters as `\xHH` or `\u{H}`; our colours stay where `colours` says so. */
export function printable(text: string, colours = false): string {
  return text.replace(steering, (found) => {
    if (found.length > 2) return colours ? found : printable(found.slice(0, 1)) + found.slice(1)
    const hex = (found.codePointAt(0) ?? 0).toString(16)
    return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`
  })
}

// What JSON itself leaves as it is. Between values it has no more than spaces and line feeds.
const steeringInJson = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** The value as indented JSON for programs, which a person may look at on a terminal: what could steer one as `\uHHHH`. */
export function printableJson(value: unknown): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value, null, 2).replace(steeringInJson, (found) =>
    found.split('').map(escaped).join(''),
  )
}

/** All problems on stderr, each with its position, and how many there are. */
export function printProblems(problems: readonly Problem[], output: Output): void {
  for (const problem of problems) {
    const [first = '', ...rest] = formatProblem(problem).split('\n')
    const painted = output.paint(problem.severity === 'error' ? 'red' : 'yellow', first)
    output.note([painted, ...rest.map((text) => output.paint('dim', text))].join('\n'))
  }
  const errors = problems.filter(({ severity }) => severity === 'error').length
  if (errors > 0) output.note(`${errors} ${errors === 1 ? 'problem' : 'problems'}`)
}

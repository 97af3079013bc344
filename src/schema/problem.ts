// Problems of a configuration: where, which setting, what is wrong and what to do. Values, never thrown.

export interface Position {
  /** As shown to people: relative to the working directory where that is shorter; a flag's name; '' for none. */
  readonly file: string
  /** From 1; 0 when the setting stands in no text (flags, detected settings). */
  readonly line: number
  readonly column: number
}

export interface Problem extends Position {
  readonly severity: 'error' | 'warning'
  /** The setting's path as written in portico.yaml, such as "limits.head_time"; '' for the file as a whole. */
  readonly setting: string
  /** One sentence, values in double quotes, no full stop. */
  readonly message: string
  /** What to do, or ''. */
  readonly hint: string
  /** The line itself, where what is wrong is its spelling. */
  readonly excerpt?: string
}

/** Of a long line this much is shown around the place, in characters on each side. */
const excerptReach = 60

/** The position with what is wrong, the line with a mark below the place where that helps, then what to do. */
export function formatProblem(problem: Problem): string {
  const where = [problem.file, ...(problem.line > 0 ? [problem.line, problem.column] : [])].join(':')
  const parts = [where, problem.severity === 'warning' ? 'warning' : '', problem.setting, problem.message]
  const text = oneLine(parts.filter((part) => part !== '').join(': '))
  const hint = problem.hint === '' ? [] : [`  ${oneLine(problem.hint)}`]
  return [text, ...excerptLines(problem), ...hint].join('\n')
}

/** Line breaks and tabs as JSON writes them, for the values in a sentence; what a terminal may act on is print's concern. */
export function oneLine(text: string): string {
  return text.replace(/[\n\r\t]/g, (one) => JSON.stringify(one).slice(1, -1))
}

function excerptLines({ excerpt, line, column }: Problem): string[] {
  if (excerpt === undefined) return []
  const from = Math.max(0, column - 1 - excerptReach)
  const shown = excerpt.slice(from, column - 1 + excerptReach).replaceAll('\t', '\u2192')
  const number = String(line)
  const mark = ' '.repeat(Math.max(0, column - 1 - from))
  return [`  ${number} | ${shown}`, `  ${' '.repeat(number.length)} | ${mark}^`]
}

/** By file, line and column, each problem once. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const sorted = [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.setting, b.setting),
  )
  return sorted.filter((problem, index) => {
    const before = sorted[index - 1]
    return before === undefined || formatProblem(before) !== formatProblem(problem)
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

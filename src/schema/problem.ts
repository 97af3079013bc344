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
}

/** Two lines: the position with what is wrong, then what to do. */
export function formatProblem(problem: Problem): string {
  const where = [problem.file, ...(problem.line > 0 ? [problem.line, problem.column] : [])].join(':')
  const parts = [where, problem.severity === 'warning' ? 'warning' : '', problem.setting, problem.message]
  const text = parts.filter((part) => part !== '').join(': ')
  return problem.hint === '' ? text : `${text}\n  ${problem.hint}`
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

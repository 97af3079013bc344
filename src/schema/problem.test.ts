import { describe, expect, it } from 'vitest'
import type { Problem } from './problem.ts'
import { formatProblem, sortProblems } from './problem.ts'

const problem: Problem = {
  file: 'a.yaml',
  line: 2,
  column: 10,
  severity: 'error',
  setting: 'x.y',
  message: 'm',
  hint: 'h',
}

describe('formatProblem', () => {
  it('puts what to do on a second line', () => {
    expect(formatProblem(problem)).toBe('a.yaml:2:10: x.y: m\n  h')
  })

  it('keeps values with line breaks on their line', () => {
    expect(formatProblem({ ...problem, setting: 'x.a\nb', message: '"a\r\nb"', hint: 'not "\n"' })).toBe(
      'a.yaml:2:10: x.a\\nb: "a\\r\\nb"\n  not "\\n"',
    )
  })

  it('leaves out what there is not', () => {
    expect(formatProblem({ ...problem, line: 0, setting: '', hint: '', severity: 'warning' })).toBe(
      'a.yaml: warning: m',
    )
  })
})

describe('sortProblems', () => {
  it('sorts by line and column as numbers, and shows each problem once', () => {
    const at = (line: number, column: number) => ({ ...problem, line, column })
    const sorted = sortProblems([at(10, 1), at(2, 10), at(2, 9), at(10, 1)])
    expect(sorted.map(({ line, column }) => [line, column])).toEqual([
      [2, 9],
      [2, 10],
      [10, 1],
    ])
  })
})

// The conformance table as text: a line for each case, a column for each server, and under it why what failed did.

import type { Case } from './case.ts'
import { exceptionOf } from './exceptions.ts'
import { rows } from './rows.ts'
import type { Outcome } from './run.ts'

export interface Column {
  readonly name: string
  readonly outcomes: readonly Outcome[]
}

/** All runs of one case in one column. */
export interface Cell {
  /** `excepted`: it fails as exceptions.ts says it does. */
  readonly result: Outcome['result'] | 'excepted'
  /** Why it failed, or why it may; else nothing. */
  readonly why: string
}

export interface Line {
  readonly row: string
  readonly level: string
  readonly title: string
  /** In the order of the columns. */
  readonly cells: readonly Cell[]
}

export function linesOf(columns: readonly Column[]): Line[] {
  const known = new Map<string, Case>()
  for (const { outcomes } of columns) {
    for (const { run } of outcomes) known.set(`${run.case.row} ${run.case.title}`, run.case)
  }
  return [...known.values()].map(({ row, title, level }) => ({
    row,
    level: level ?? rows[row]?.level ?? '',
    title,
    cells: columns.map(({ name, outcomes }) =>
      cellOf(
        name,
        outcomes.filter(({ run }) => run.case.row === row && run.case.title === title),
      ),
    ),
  }))
}

/** A failure counts for both ways of running a case. */
function cellOf(home: string, outcomes: readonly Outcome[]): Cell {
  const failed = outcomes.find(({ result }) => result === 'FAIL')
  if (failed !== undefined) {
    const allowed = exceptionOf(failed.run.case, home)
    if (allowed?.fails.test(failed.why) === true) return { result: 'excepted', why: allowed.reason }
    return { result: 'FAIL', why: `${failed.why}${failed.run.validated ? ' (under wsgiref.validate)' : ''}` }
  }
  return { result: outcomes[0]?.result ?? 'n.a.', why: '' }
}

export function table(columns: readonly Column[]): string {
  const lines = linesOf(columns)
  const width = Math.max(...lines.map(({ title }) => title.length), 4)
  const text = lines.map(
    ({ row, level, title, cells }) =>
      `${row} ${level}  ${title.padEnd(width)}  ${cells.map(({ result }, index) => result.padEnd(columns[index]?.name.length ?? 4)).join('  ')}`,
  )
  const failures = lines.flatMap(({ row, title, cells }) =>
    cells.flatMap(({ why }, index) =>
      why === '' ? [] : [`${row} ${title}\n    ${columns[index]?.name}: ${why}`],
    ),
  )
  const counts = columns.map(({ name }, index) => {
    const results = lines.map(({ cells }) => cells[index]?.result)
    const count = (result: Cell['result']): number => results.filter((one) => one === result).length
    const excepted = count('excepted') === 0 ? '' : `, ${count('excepted')} excepted`
    return `${name}: ${count('ok')} of ${results.length - count('n.a.')} cases${excepted}`
  })
  const head = `${'row'.padEnd(10)}${'case'.padEnd(width)}  ${columns.map(({ name }) => name).join('  ')}`
  return [head, ...text, '', ...failures, ...counts].join('\n')
}

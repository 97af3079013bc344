// Runs cases against a target: those that are validated twice, each with the words of its failure.

import { type Case, Session } from './case.ts'
import type { Kind, Target } from './target.ts'

/** One way of running a case. */
export interface Run {
  readonly case: Case
  readonly validated: boolean
  /** Row, title, and whether the validator is there. */
  readonly name: string
}

export interface Outcome {
  readonly run: Run
  readonly result: 'ok' | 'FAIL' | 'n.a.'
  /** Why it failed, in one line; or nothing. */
  readonly why: string
}

export function runsOf(cases: readonly Case[]): Run[] {
  return cases.flatMap((one) =>
    (one.validated === true ? [false, true] : [false]).map((validated) => ({
      case: one,
      validated,
      name: `${one.row} ${one.title}${validated ? ' (under wsgiref.validate)' : ''}`,
    })),
  )
}

/** The row says something about this kind of server. */
export function applies(run: Run, kind: Kind): boolean {
  if (run.validated && kind.isCostly === true) return false
  return (run.case.needs ?? []).every((capability) => kind.can.has(capability))
}

/** Fails as the case does. */
export async function runCase(run: Run, target: Target): Promise<void> {
  const session = new Session(target, run.validated ? '/validated' : '')
  try {
    await run.case.run(session)
  } finally {
    session.openGate()
    session.finish()
  }
}

/** The same with the failure as a value. */
export async function outcomeOf(run: Run, target: Target): Promise<Outcome> {
  if (!applies(run, target.kind)) return { run, result: 'n.a.', why: '' }
  try {
    await runCase(run, target)
    return { run, result: 'ok', why: '' }
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { run, result: 'FAIL', why }
  }
}

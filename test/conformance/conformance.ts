// One home of WSGI applications as a test file: a test for each case, exceptions held to what they say, and at the end
// the table.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isMissing } from '../double/project.ts'
import { cases } from './cases.ts'
import { exceptionOf, exceptions } from './exceptions.ts'
import { Place } from './place.ts'
import { rows } from './rows.ts'
import { applies, type Outcome, outcomeOf, runsOf } from './run.ts'
import { table } from './table.ts'
import { commonSite, type Kind, type Target } from './target.ts'

const caseMs = 120_000

/** `packages` are those of Debian that this home needs. */
export function conformance(kindOf: (place: Place) => Kind, ...packages: readonly string[]): void {
  const place = new Place()
  const kind = kindOf(place)
  const outcomes: Outcome[] = []
  let target: Target

  beforeAll(async () => {
    target = await kind.start(commonSite)
  })

  afterAll(async () => {
    await target?.stop()
    place.remove()
    console.log(table([{ name: kind.name, outcomes }]))
  })

  describe.skipIf(isMissing(...packages))(`PEP 3333: ${kind.name}`, () => {
    for (const run of runsOf(cases).filter((one) => applies(one, kind))) {
      it(
        run.name,
        async () => {
          const outcome = await outcomeOf(run, target)
          outcomes.push(outcome)
          const allowed = exceptionOf(run.case, kind.name)
          if (allowed === undefined) expect(outcome.why).toBe('')
          else
            expect(outcome.why, `passes or fails otherwise than excepted: ${allowed.reason}`).toMatch(
              allowed.fails,
            )
        },
        caseMs,
      )
    }

    it('has a case for every row', () => {
      expect([...new Set(cases.map(({ row }) => row))].sort()).toEqual(Object.keys(rows))
    })

    it('left every iterable closed that the validator watched', () => {
      expect(target.log()).not.toContain('garbage collected without being closed')
    })

    it('has no exception for a case that is not there', () => {
      const titles = cases.map(({ row, title }) => `${row} ${title}`)
      expect(titles).toEqual(expect.arrayContaining(exceptions.map(({ row, title }) => `${row} ${title}`)))
    })
  })
}

// A few seconds of the differential fuzzing, the same every time: `npm run fuzz` is the long one, with a seed of its own.

import { describe, expect, it } from 'vitest'
import { readOurs } from '../http1/reading.ts'
import { compare } from './compare.ts'
import { differences } from './differences.ts'
import { corpus, crossCheck, fuzz, reportOf } from './differential.ts'
import { readTheirs } from './llhttp.ts'

const seed = 20_261_125
const inputs = 60_000

describe('the engine beside llhttp', () => {
  it('takes of the corpus only what llhttp takes, read the same', () => {
    const verdicts = corpus.map((octets) => ({
      octets: octets.toString('latin1'),
      verdict: compare(octets, readOurs([octets]), readTheirs(octets)),
    }))
    expect(verdicts.filter(({ verdict }) => verdict.kind === 'fault')).toEqual([])
  })

  it(`agrees on ${inputs} inputs of seed ${seed}, and needs every difference that is listed`, () => {
    const summary = fuzz(inputs, seed)
    expect(
      summary.faults.map(({ why }) => why),
      reportOf(summary, seed),
    ).toEqual([])
    expect(summary.requests).toBeGreaterThan(inputs / 10)
    expect([...summary.intended.keys()].sort()).toEqual(differences.map(({ name }) => name).sort())
  })

  it('is compared with what a server of node:http does', async () => {
    const { requests, wrong } = await crossCheck(300, seed)
    expect(wrong).toEqual([])
    expect(requests).toBeGreaterThan(100)
  })
})

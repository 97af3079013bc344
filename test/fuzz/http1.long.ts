// The long fuzzing, for `npm run fuzz`: as many inputs as it is told, and a new seed unless it is told one.

import { expect, it } from 'vitest'
import { crossCheck, fuzz, reportOf } from './differential.ts'
import { longRun } from './long-run.ts'

const { inputs, seed } = longRun
const hourMs = 3_600_000

it(
  'HTTP/1.1 beside llhttp',
  async () => {
    const started = performance.now()
    const summary = fuzz(inputs, seed)
    const seconds = (performance.now() - started) / 1000
    console.log(`${reportOf(summary, seed)}\n${seconds.toFixed(0)} s`)
    expect(summary.faults.length).toBe(0)
    const { requests, wrong } = await crossCheck(Math.ceil(inputs / 500), seed)
    console.log(`a server of node:http took ${requests} requests as its parser does`)
    expect(wrong).toEqual([])
  },
  hourMs,
)

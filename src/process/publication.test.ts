import { describe, expect, it } from 'vitest'
import { noHistory } from './plan.ts'
import { startsSoon, stateOf } from './publication.ts'

const died = (waitMs: number) => ({ everReady: true, failures: 5, failedAt: 1000, notBefore: 1000 + waitMs })

describe('startsSoon', () => {
  it('holds for workers that are known to start, while one is starting or will be within seconds', () => {
    expect(startsSoon(died(3200), false)).toBe(true)
    expect(startsSoon(died(6400), false)).toBe(false)
    expect(startsSoon(died(6400), true)).toBe(true)
  })

  it('does not hold for an application that has never been ready', () => {
    expect(startsSoon(noHistory, true)).toBe(false)
    expect(startsSoon({ ...died(100), everReady: false }, true)).toBe(false)
  })
})

it('lets requests wait unless the problem is there to stay', () => {
  expect(stateOf([], null, false, 0)).toEqual({ kind: 'starting' })
  expect(stateOf([], 'it crashes', true, 3000)).toEqual({ kind: 'starting' })
  expect(stateOf([], 'it crashes', false, 6400.4)).toEqual({
    kind: 'failed',
    reason: 'it crashes',
    retryMs: 6400,
  })
})

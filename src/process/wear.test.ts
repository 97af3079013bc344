import { describe, expect, it } from 'vitest'
import { limitOf, wearOf } from './wear.ts'

const limits = { requests: 1000, memory: 100, age: 1000 }

describe('the limit of a worker', () => {
  it('is never below what was set, nor a tenth above, and differs from worker to worker', () => {
    const all = Array.from({ length: 50 }, (_, worker) => limitOf(1000, worker))
    expect(Math.min(...all)).toBeGreaterThanOrEqual(1000)
    expect(Math.max(...all)).toBeLessThanOrEqual(1100)
    expect(new Set(all).size).toBeGreaterThan(40)
    expect(limitOf(1, 7)).toBeGreaterThanOrEqual(1)
  })

  it('stays off when it is off', () => {
    expect(limitOf(0, 5)).toBe(0)
    const off = { requests: 0, memory: 0, age: 0 }
    expect(wearOf(off, 1, { ageMs: 1e12, memoryBytes: 1e12 })).toBeUndefined()
  })
})

describe('a worker', () => {
  it('is worn by age or by memory, whichever comes first', () => {
    expect(wearOf(limits, 0, { ageMs: 999, memoryBytes: 99 })).toBeUndefined()
    expect(wearOf(limits, 0, { ageMs: 1000, memoryBytes: 99 })).toBe('age')
    const young = { ...limits, age: 0 }
    expect(wearOf(young, 0, { ageMs: 9999, memoryBytes: 1e9 })).toBeUndefined()
    expect(wearOf(young, 0, { ageMs: 10_000, memoryBytes: 99 })).toBeUndefined()
    expect(wearOf(young, 0, { ageMs: 10_000, memoryBytes: 100 })).toBe('memory')
  })

  it('is not worn by memory of which nothing is known', () => {
    expect(wearOf(limits, 0, { ageMs: 0, memoryBytes: undefined })).toBeUndefined()
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { looks, pauseMs, Round, weight } from './round.ts'

function numbers(count: number): Set<number> {
  return new Set(Array.from({ length: count }, (_, i) => i))
}

describe('a round', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('of few is one go', () => {
    const seen: number[] = []
    const round = new Round(numbers(100), (one) => seen.push(one) === 0)
    round.begin()
    expect(seen).toEqual([...numbers(100)])
    round.begin()
    expect(seen.length).toBe(200)
  })

  it('of many looks at each once, a few at a time, and no other begins before its end', () => {
    const seen: number[] = []
    const round = new Round(numbers(3 * looks), (one) => seen.push(one) === 0)
    for (const goes of [1, 2, 3]) {
      round.begin()
      expect(seen.length).toBe(goes * looks)
      vi.advanceTimersByTime(pauseMs - 1)
      expect(seen.length).toBe(goes * looks)
      vi.advanceTimersByTime(1)
    }
    expect(seen).toEqual([...numbers(3 * looks)])
    round.begin()
    expect(seen.length).toBe(4 * looks)
  })

  it('rests sooner where there was something to do', () => {
    const seen: number[] = []
    new Round(numbers(1000), (one) => seen.push(one) > 0).begin()
    expect(seen.length).toBe(looks / weight)
  })

  it('passes over what has left, and ends where it is stopped', () => {
    const all = numbers(3 * looks)
    const seen: number[] = []
    const round = new Round(all, (one) => seen.push(one) === 0)
    round.begin()
    all.delete(looks + 1)
    vi.advanceTimersByTime(pauseMs)
    round.stop()
    vi.advanceTimersByTime(10 * pauseMs)
    expect(seen.includes(looks + 1)).toBe(false)
    expect(seen.length).toBe(2 * looks)
    round.begin()
    expect(seen[2 * looks]).toBe(0)
  })
})

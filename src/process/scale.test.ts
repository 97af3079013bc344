import { describe, expect, it } from 'vitest'
import type { Load } from './messages.ts'
import { type ScaleState, scaled, startScale } from './scale.ts'

const limits = { min: 0, max: 6, idleMs: 10_000 }

function then(state: ScaleState, load: Load, now: number, change = {}): ScaleState {
  return scaled(state, load, 4, { ...limits, ...change }, now)
}

describe('scale', () => {
  it('begins with one, or with min', () => {
    expect(startScale(limits, 0).wanted).toBe(1)
    expect(startScale({ ...limits, min: 3 }, 0).wanted).toBe(3)
  })

  it('grows with what is at work and waits, twice at a time at most, up to max', () => {
    let state = then(startScale(limits, 0), { busy: 4, waiting: 0 }, 1)
    expect(state.wanted).toBe(1)
    state = then(state, { busy: 4, waiting: 1 }, 2)
    expect(state.wanted).toBe(2)
    state = then(state, { busy: 8, waiting: 100 }, 3)
    expect(state.wanted).toBe(4)
    state = then(state, { busy: 16, waiting: 100 }, 4)
    expect(state.wanted).toBe(6)
  })

  it('shrinks to the most that was needed for idle_time, and not before', () => {
    let state: ScaleState = { wanted: 5, peak: 0, since: 0 }
    state = then(state, { busy: 9, waiting: 0 }, 5000)
    state = then(state, { busy: 1, waiting: 0 }, 9999)
    expect(state.wanted).toBe(5)
    state = then(state, { busy: 1, waiting: 0 }, 10_000)
    expect(state.wanted).toBe(3)
    state = then(state, { busy: 0, waiting: 0 }, 20_000)
    expect(state.wanted).toBe(0)
    expect(then(state, { busy: 0, waiting: 1 }, 20_001).wanted).toBe(1)
  })

  it('counts from the last time that all were needed', () => {
    let state: ScaleState = { wanted: 2, peak: 0, since: 0 }
    state = then(state, { busy: 8, waiting: 0 }, 9000)
    state = then(state, { busy: 0, waiting: 0 }, 12_000)
    expect(state.wanted).toBe(2)
  })

  it('keeps min, and never shrinks without idle_time', () => {
    const state: ScaleState = { wanted: 4, peak: 0, since: 0 }
    expect(then(state, { busy: 0, waiting: 0 }, 1e9, { min: 2 }).wanted).toBe(2)
    expect(then(state, { busy: 0, waiting: 0 }, 1e9, { idleMs: 0 }).wanted).toBe(4)
  })
})

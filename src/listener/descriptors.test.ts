import { describe, expect, it } from 'vitest'
import { connectionsFor, descriptorLimit, descriptorsLeft } from './descriptors.ts'

describe('connections', () => {
  it('are as many as are wanted while there are two descriptors for each', () => {
    expect(connectionsFor(10_000, 524_288, 100)).toBe(10_000)
    expect(connectionsFor(10_000, 1024, 28)).toBe(450)
    expect(connectionsFor(100, 1024, 28)).toBe(100)
  })

  it('are bounded by the descriptors even when no limit is set, and never none', () => {
    expect(connectionsFor(0, 1024, 28)).toBe(450)
    expect(connectionsFor(0, 50, 28)).toBe(1)
  })

  it('are as many as are wanted where the limit is not known', () => {
    expect(connectionsFor(10_000, undefined, 28)).toBe(10_000)
  })
})

describe('this process', () => {
  it('knows its limit, and that it has descriptors left', () => {
    expect(descriptorLimit()).toBeGreaterThan(100)
    expect(descriptorsLeft()).toBe(true)
  })
})

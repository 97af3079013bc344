import { describe, expect, it } from 'vitest'
import { HeldRequests } from './held-requests.ts'

describe('HeldRequests', () => {
  it('waits for what all HTTP processes say', async () => {
    const held = new HeldRequests()
    const known = held.of(3, 2)
    held.heard(3, { requests: ['a-1'], done: 2 })
    held.heard(4, { requests: ['of another worker'], done: 2 })
    held.heard(3, { requests: ['b-1', 'b-2'], done: 2 })
    expect(await known).toEqual({ requests: ['a-1', 'b-1', 'b-2'], done: 4 })
  })

  it('goes without those that do not say it in time, and knows nothing when nobody does', async () => {
    const held = new HeldRequests()
    const [some, none, asked] = [held.of(3, 2), held.of(4, 1), held.of(5, 0)]
    held.heard(3, { requests: ['a-1'], done: 2 })
    expect(await some).toEqual({ requests: ['a-1'], done: 2 })
    expect(await none).toBeUndefined()
    expect(await asked).toBeUndefined()
    held.heard(4, { requests: ['too late'], done: 2 })
  })
})

import { describe, expect, it } from 'vitest'
import { HeldRequests } from './held-requests.ts'

describe('HeldRequests', () => {
  it('waits for what all HTTP processes say', async () => {
    const held = new HeldRequests()
    const known = held.of(3, 2)
    held.heard(3, ['a-1'])
    held.heard(4, ['of another worker'])
    held.heard(3, ['b-1', 'b-2'])
    expect(await known).toEqual(['a-1', 'b-1', 'b-2'])
  })

  it('goes without those that do not say it in time, and knows nothing when nobody does', async () => {
    const held = new HeldRequests()
    const [some, none, asked] = [held.of(3, 2), held.of(4, 1), held.of(5, 0)]
    held.heard(3, ['a-1'])
    expect(await some).toEqual(['a-1'])
    expect(await none).toBeUndefined()
    expect(await asked).toBeUndefined()
    held.heard(4, ['too late'])
  })
})

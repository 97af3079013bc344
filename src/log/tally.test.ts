import { expect, it } from 'vitest'
import type { Facts } from '../failure.ts'
import { Tally } from './tally.ts'

it('tells the first at once, then once a second of all since, with the facts of the last', () => {
  const told: Facts[] = []
  const tally = new Tally((facts) => told.push(facts))
  tally.flush(0)
  for (let i = 0; i < 100; i++) tally.add({ address: `a${i}` }, 10 + i)
  expect(told).toEqual([{ address: 'a0', count: 1 }])
  tally.flush(1009)
  expect(told).toHaveLength(1)
  tally.flush(1010)
  tally.flush(9000)
  expect(told).toEqual([
    { address: 'a0', count: 1 },
    { address: 'a99', count: 99 },
  ])
})

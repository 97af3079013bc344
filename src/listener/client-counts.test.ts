import { expect, it } from 'vitest'
import { ClientCounts } from './client-counts.ts'

it('counts each client up to the limit, and again after a release', () => {
  const counts = new ClientCounts(2)
  expect(['a', 'a', 'b', 'a'].map((client) => counts.take(client))).toEqual([true, true, true, false])
  counts.release('a')
  expect([counts.take('a'), counts.take('a')]).toEqual([true, false])
  for (const client of ['a', 'a', 'a', 'b', 'unknown']) counts.release(client)
  expect(['a', 'a', 'a'].map((client) => counts.take(client))).toEqual([true, true, false])
})

it('has no limit for nobody, nor when it is off', () => {
  expect(['', '', ''].map((client) => new ClientCounts(1).take(client))).toEqual([true, true, true])
  const off = new ClientCounts(0)
  expect(['a', 'a'].map((client) => off.take(client))).toEqual([true, true])
})

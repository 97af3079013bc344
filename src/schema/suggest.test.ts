import { describe, expect, it } from 'vitest'
import { distance, suggest } from './suggest.ts'

describe('suggest', () => {
  const words = ['threads', 'processes', 'warn', 'keep_alive', 'listen']

  it.each([
    ['thread', 'threads'],
    ['Listen', 'listen'],
    ['keep-alive', 'keep_alive'],
    ['warning', 'warn'],
    ['lisetn', 'listen'],
    ['proceses', 'processes'],
  ])('takes "%s" for "%s"', (written, meant) => {
    expect(suggest(written, words)).toBe(meant)
  })

  it('stays silent when nothing is near', () => {
    expect(suggest('colour', words)).toBeUndefined()
    expect(suggest('x', ['a', 'b'])).toBeUndefined()
  })
})

describe('distance', () => {
  it('counts insertions, deletions, replacements and swaps', () => {
    expect([
      distance('', 'ab'),
      distance('ab', 'ba'),
      distance('kitten', 'sitting'),
      distance('a', 'a'),
    ]).toEqual([2, 1, 3, 0])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IdleConnections, type IdleNode } from './idle-connections.ts'

interface Named extends IdleNode<Named> {
  readonly name: string
  idle: boolean
}

function named(name: string, idle = true): Named {
  return { name, idle, idleBefore: undefined, idleAfter: undefined }
}

describe('IdleConnections', () => {
  it('gives the one that has been idle for the longest', () => {
    const list = new IdleConnections<Named>()
    const [a, b, c] = [named('a'), named('b'), named('c')]
    for (const one of [a, b, c]) list.add(one)
    list.remove(a)
    list.add(a)
    expect([list.take(), list.take(), list.take(), list.take()]).toEqual([b, c, a, undefined])
  })

  it('passes over those that have just come, but not without end', () => {
    const list = new IdleConnections<Named>()
    const begun = Array.from({ length: 99 }, (_, i) => named(`${i}`, false))
    const last = named('last')
    for (const one of [...begun, last]) list.add(one)
    expect(list.take()).toBe(last)
    list.add(named('one more', false))
    list.add(last)
    expect(list.take()).toBe(undefined)
  })

  it('agrees with a plain list', () => {
    const step = fc.tuple(fc.constantFrom('add', 'remove', 'take'), fc.nat(9))
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const nodes = Array.from({ length: 10 }, (_, i) => named(`${i}`))
        const list = new IdleConnections<Named>()
        let plain: Named[] = []
        for (const [what, i] of steps) {
          const node = nodes[i] as Named
          if (what === 'take') expect(list.take()).toBe(plain.shift())
          else {
            plain = plain.filter((one) => one !== node)
            if (what === 'add') plain.push(node)
            if (what === 'add') list.add(node)
            else list.remove(node)
          }
        }
      }),
    )
  })
})

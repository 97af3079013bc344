import { describe, expect, it } from 'vitest'
import type { Publication } from '../process/messages.ts'
import { WorkerHolders } from './worker-holders.ts'

const [old, next] = [{ name: 'the old process' }, { name: 'the new process' }]
const [one, two] = [
  { application: 'shop', worker: 1 },
  { application: 'shop', worker: 2 },
]

function published(...workers: readonly number[]): Publication {
  const endpoints = workers.map((worker) => ({ worker, pid: 1, address: '', slots: 4, generation: 1 }))
  return { application: 'shop', state: { kind: 'ready' }, endpoints }
}

describe('a withdrawn worker', () => {
  it('is let go by the only process when that says so', () => {
    const holders = new WorkerHolders()
    holders.told(old, published(1))
    holders.told(old, published(2))
    expect(holders.idle(old, one)).toBe(true)
  })

  it('is held until both processes have said that it is idle', () => {
    const holders = new WorkerHolders()
    for (const process of [old, next]) holders.told(process, published(1))
    expect(holders.idle(next, one)).toBe(false)
    expect(holders.idle(next, one)).toBe(false)
    expect(holders.idle(old, one)).toBe(true)
  })

  it('is not held by a process that came later', () => {
    const holders = new WorkerHolders()
    holders.told(old, published(1))
    holders.told(next, published(2))
    expect(holders.idle(old, one)).toBe(true)
  })

  it('is not held by a process that is gone', () => {
    const holders = new WorkerHolders()
    for (const process of [old, next]) holders.told(process, published(1, 2))
    expect(holders.idle(next, one)).toBe(false)
    expect(holders.gone(old)).toEqual([one])
    expect(holders.idle(next, two)).toBe(true)
    expect(holders.gone(old)).toEqual([])
  })

  it('is held by nobody when it has ended itself', () => {
    const holders = new WorkerHolders()
    holders.told(old, published(1))
    holders.workerGone({ ...one, pid: 1, exit: { code: 1, signal: null } })
    expect(holders.gone(old)).toEqual([])
  })
})

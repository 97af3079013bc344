import { describe, expect, it } from 'vitest'
import { MemoryLog } from '../../test/double/log.ts'
import { ImportCrashes } from './import-crashes.ts'

const exit = { code: null, signal: 'SIGSEGV' }

function crash(crashes: ImportCrashes, application: string, planned = false): void {
  const process = {}
  crashes.importing(process, application)
  crashes.exited(process, exit, planned, 'the stack of Python')
}

describe('an application that crashes while it is imported', () => {
  it('is left out after three times, and it is said why, where and what to do', () => {
    const log = new MemoryLog()
    const crashes = new ImportCrashes(log)
    crash(crashes, 'shop')
    crash(crashes, 'blog')
    crash(crashes, 'shop')
    expect([crashes.leftOut, log.events]).toEqual([[], []])
    crash(crashes, 'shop')
    expect(crashes.leftOut).toMatchObject([['shop', { reason: 'exited' }]])
    expect(log.events).toHaveLength(1)
    const [entry] = log.events
    expect(entry).toMatchObject({ level: 'error', event: 'worker.failed', facts: { application: 'shop' } })
    for (const part of ['"shop"', 'SIGSEGV', '3 times in a row', 'mode: daemon', 'the stack of Python']) {
      expect(entry?.text).toContain(part)
    }
  })

  it('is tried on when it could be imported in between', () => {
    const crashes = new ImportCrashes(new MemoryLog())
    crash(crashes, 'shop')
    crash(crashes, 'shop')
    crashes.loaded({}, 'shop')
    crash(crashes, 'shop')
    crash(crashes, 'shop')
    expect(crashes.leftOut).toEqual([])
  })

  it('is not to blame for an end that was asked for, nor for one after its import', () => {
    const crashes = new ImportCrashes(new MemoryLog())
    for (const _ of [1, 2, 3]) {
      crash(crashes, 'shop', true)
      const process = {}
      crashes.importing(process, 'shop')
      crashes.loaded(process, 'shop')
      crashes.exited(process, exit, false, '')
    }
    expect(crashes.leftOut).toEqual([])
  })
})

import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { MemoryLog } from '../../../test/double/log.ts'
import { ownZombies, reapOrphans, type Zombie } from './orphans.ts'

describe('reapOrphans', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function reaper(takeAway?: (pid: number) => unknown) {
    const signals = new EventEmitter()
    const log = new MemoryLog()
    const state: { zombies: Zombie[]; looks: number } = { zombies: [], looks: 0 }
    const zombies = () => {
      state.looks += 1
      return state.zombies
    }
    const stop = reapOrphans({ log, signals, zombies, takeAway })
    return { state, log, stop, childEnded: () => signals.emit('SIGCHLD') }
  }

  it('leaves to Node what is gone at the second look', () => {
    const taken: number[] = []
    const { state, childEnded } = reaper((pid) => taken.push(pid))
    state.zombies = [
      { pid: 7, startedAt: '1' },
      { pid: 8, startedAt: '1' },
    ]
    childEnded()
    vi.advanceTimersByTime(500)
    expect(taken).toEqual([])
    state.zombies = [
      { pid: 7, startedAt: '2' },
      { pid: 8, startedAt: '1' },
    ]
    vi.advanceTimersByTime(500)
    expect(taken).toEqual([8])
    vi.advanceTimersByTime(500)
    expect(taken).toEqual([8, 7])
  })

  it('looks only when a child has ended, and once for many', () => {
    const { state, childEnded, stop } = reaper(() => {})
    vi.advanceTimersByTime(60_000)
    expect(state.looks).toBe(0)
    for (let count = 0; count < 100; count += 1) childEnded()
    vi.advanceTimersByTime(60_000)
    expect(state.looks).toBe(1)
    stop()
    childEnded()
    vi.advanceTimersByTime(60_000)
    expect(state.looks).toBe(1)
  })
})

describe('ownZombies', () => {
  const stat = (pid: number, state: string, parent: number) =>
    `${pid} (a) b) ${state} ${parent} ${'0 '.repeat(17)}${pid * 100} 0 0\n`

  it.each([true, false])('finds those that have us as parent (lists of children: %s)', (lists) => {
    const proc = mkdtempSync(join(tmpdir(), 'portico-proc-'))
    onTestFinished(() => rmSync(proc, { recursive: true }))
    mkdirSync(join(proc, '1/task/1'), { recursive: true })
    mkdirSync(join(proc, '1/task/9'), { recursive: true })
    if (lists) {
      writeFileSync(join(proc, '1/task/1/children'), '11 12 ')
      writeFileSync(join(proc, '1/task/9/children'), '')
    }
    for (const [pid, state, parent] of [
      [11, 'Z', 1],
      [12, 'S', 1],
      [13, 'Z', 12],
    ] as const) {
      mkdirSync(join(proc, String(pid)))
      writeFileSync(join(proc, String(pid), 'stat'), stat(pid, state, parent))
    }
    expect(ownZombies(proc, 1)).toEqual([{ pid: 11, startedAt: '1100' }])
  })
})

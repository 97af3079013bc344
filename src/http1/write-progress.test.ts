import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { KernelQueues } from './kernel-queue.ts'
import { isWriteStalled, noProgress } from './write-progress.ts'

const limits = { writeIdleMs: 1000, minBodyRateBytes: 500 }

/** A client whose kernel side holds `queued` octets of the 10,000 written, 4,000 of which wait in this process. */
class Reader {
  written = 10_000
  waiting = 4000
  queued: number | 'later' | undefined = 6000
  readonly progress = noProgress(0)

  stalled(nowMs: number): boolean {
    const socket = { bytesWritten: this.written, writableLength: this.waiting } as Socket
    const { queued } = this
    const queue = typeof queued === 'number' ? { octets: queued, atMs: nowMs } : queued
    const queues = { of: () => queue } as unknown as KernelQueues
    return isWriteStalled(socket, this.progress, nowMs, limits, queues)
  }
}

describe('a client', () => {
  it('that takes nothing is stalled after the idle time', () => {
    const reader = new Reader()
    expect([0, 500, 501, 1000, 1001].map((ms) => reader.stalled(ms))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ])
  })

  it('that takes what the kernel holds is not, though nothing leaves this process', () => {
    const reader = new Reader()
    reader.stalled(0)
    reader.stalled(501)
    reader.queued = 5500
    expect(reader.stalled(1001)).toBe(false)
    reader.queued = 4900
    expect([1600, 2001, 2002].map((ms) => reader.stalled(ms))).toEqual([false, false, false])
    // From here on it takes less than the rate.
    reader.queued = 4500
    expect(reader.stalled(3003)).toBe(true)
  })

  it('whose octets leave this process has the whole time again', () => {
    const reader = new Reader()
    reader.stalled(0)
    reader.stalled(501)
    reader.waiting = 3999
    expect([900, 1400, 1401, 1900].map((ms) => reader.stalled(ms))).toEqual([false, false, false, false])
    expect(reader.stalled(1901)).toBe(true)
  })

  it('is judged when it is known what the kernel holds, and without that where it cannot be known', () => {
    const reader = new Reader()
    reader.stalled(0)
    reader.queued = 'later'
    expect([600, 1200, 7000, 7001].map((ms) => reader.stalled(ms))).toEqual([false, false, false, true])
    reader.queued = undefined
    expect(reader.stalled(1201)).toBe(true)
  })

  it('may take nothing for ever when the limit is off, and when nothing waits for it', () => {
    const reader = new Reader()
    const socket = { bytesWritten: 10, writableLength: 10 } as Socket
    expect(isWriteStalled(socket, noProgress(0), 1e9, { ...limits, writeIdleMs: 0 })).toBe(false)
    reader.waiting = 0
    expect(reader.stalled(1e9)).toBe(false)
  })
})

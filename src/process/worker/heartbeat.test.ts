import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Heartbeat } from './heartbeat.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function start(limitMs: number) {
  const said = { asked: 0, silent: 0 }
  const heartbeat = new Heartbeat(
    limitMs,
    () => {
      said.asked += 1
    },
    () => {
      said.silent += 1
    },
  )
  heartbeat.heard()
  return { heartbeat, said }
}

describe('Heartbeat', () => {
  it('asks every five seconds for as long as it is answered', () => {
    const { heartbeat, said } = start(60_000)
    for (let n = 1; n <= 100; n++) {
      vi.advanceTimersByTime(5000)
      expect(said.asked).toBe(n)
      heartbeat.heard()
    }
    expect(said.silent).toBe(0)
    heartbeat.stop()
  })

  it('takes an answer that comes within the limit, and one just behind it', () => {
    const { heartbeat, said } = start(60_000)
    vi.advanceTimersByTime(5000 + 59_999)
    heartbeat.heard()
    vi.advanceTimersByTime(5000 + 60_999)
    heartbeat.heard()
    vi.advanceTimersByTime(4999)
    expect(said.silent).toBe(0)
    heartbeat.stop()
  })

  it('says once that no answer came, a second after it has asked again', () => {
    const { said } = start(60_000)
    vi.advanceTimersByTime(5000 + 60_999)
    expect(said).toEqual({ asked: 2, silent: 0 })
    vi.advanceTimersByTime(1)
    expect(said.silent).toBe(1)
    vi.advanceTimersByTime(1_000_000)
    expect(said).toEqual({ asked: 2, silent: 1 })
  })

  it('asks never where the limit is off, nor when it has been stopped', () => {
    const off = start(0)
    const stopped = start(1000)
    stopped.heartbeat.stop()
    vi.advanceTimersByTime(1_000_000)
    expect([off.said, stopped.said]).toEqual([
      { asked: 0, silent: 0 },
      { asked: 0, silent: 0 },
    ])
  })
})

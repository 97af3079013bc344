import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Deadlines } from './deadlines.ts'

const limits = {
  maxHeadBytes: 32_768,
  maxFieldCount: 100,
  maxRequestLineBytes: 8192,
  headTimeMs: 100,
  bodyIdleMs: 200,
  minBodyRateBytes: 500,
  writeIdleMs: 0,
  keepAliveMs: 300,
}
const off = { ...limits, headTimeMs: 0, bodyIdleMs: 0, keepAliveMs: 0 }
const socket = new Socket()

describe('Deadlines', () => {
  it('wait for a head and for the next request as long as the limits say', () => {
    const deadlines = new Deadlines(limits, 0)
    expect(deadlines.check('head', socket, 100)).toBe('nothing')
    expect(deadlines.check('head', socket, 101)).toBe('head')
    expect(deadlines.check('idle', socket, 300)).toBe('nothing')
    expect(deadlines.check('idle', socket, 301)).toBe('next')
    deadlines.restart(301)
    expect(deadlines.check('idle', socket, 600)).toBe('nothing')
    expect(deadlines.waitedMs(600)).toBe(299)
  })

  it('let a body be slow, but not idle and not slower than the rate', () => {
    const deadlines = new Deadlines(limits, 0)
    deadlines.expectBody()
    deadlines.startBody(1000)
    expect(deadlines.check('body', socket, 1200)).toBe('nothing')
    expect(deadlines.check('body', socket, 1201)).toBe('body')
    deadlines.bodyCame(1200, 100)
    expect(deadlines.check('body', socket, 1200)).toBe('nothing')
    expect(deadlines.check('body', socket, 1201)).toBe('body')
    deadlines.bodyCame(1200, 1)
    expect(deadlines.check('body', socket, 1201)).toBe('nothing')
    expect(deadlines.check('busy', socket, 99_999)).toBe('nothing')
  })

  it('linger for three seconds, over the rest of a body and after the end', () => {
    const deadlines = new Deadlines(limits, 0)
    expect(deadlines.check('rest', socket, 3000)).toBe('nothing')
    expect(deadlines.check('rest', socket, 3001)).toBe('rest')
    expect(deadlines.check('closing', socket, 3000)).toBe('nothing')
    expect(deadlines.check('closing', socket, 3001)).toBe('linger')
  })

  it('are off at 0', () => {
    const deadlines = new Deadlines(off, 0)
    for (const stage of ['head', 'body', 'idle'] as const)
      expect(deadlines.check(stage, socket, 1e9)).toBe('nothing')
  })
})

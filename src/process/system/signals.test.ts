import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { watchSignals } from './signals.ts'

function watch() {
  const source = new EventEmitter()
  const calls: string[] = []
  let now = 0
  const stop = watchSignals(
    {
      finish: (signal) => calls.push(`finish ${signal}`),
      abort: (signal) => calls.push(`abort ${signal}`),
      reload: () => calls.push('reload'),
      reopen: () => calls.push('reopen'),
    },
    () => now,
    source,
  )
  const at = (ms: number, signal: string): void => {
    now = ms
    source.emit(signal)
  }
  return { source, calls, at, stop }
}

describe('watchSignals', () => {
  it('finishes at the first signal and aborts at the second', () => {
    const { calls, at } = watch()
    at(0, 'SIGTERM')
    at(1000, 'SIGINT')
    expect(calls).toEqual(['finish SIGTERM', 'abort SIGINT'])
  })

  it('takes a Ctrl-C that npm passes on for one', () => {
    const { calls, at } = watch()
    at(0, 'SIGINT')
    at(5, 'SIGINT')
    at(300, 'SIGINT')
    expect(calls).toEqual(['finish SIGINT', 'abort SIGINT'])
  })

  it('reloads and reopens', () => {
    const { calls, at } = watch()
    at(0, 'SIGHUP')
    at(0, 'SIGUSR1')
    expect(calls).toEqual(['reload', 'reopen'])
  })

  it('lets go of every signal', () => {
    const { source, stop } = watch()
    stop()
    expect(source.eventNames()).toEqual([])
  })
})

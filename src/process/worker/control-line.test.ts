import { describe, expect, it } from 'vitest'
import { encodeControlLine, parseControlLine } from './control-line.ts'

describe('parseControlLine', () => {
  it('reads what the protocol promises', () => {
    expect(
      parseControlLine('{"event":"ready","pid":1,"python":"3.11.2","executable":"/p","took":0.5}'),
    ).toEqual({
      kind: 'ready',
      application: '',
      python: '3.11.2',
      executable: '/p',
      tookMs: 500,
      stackSignal: 0,
    })
    expect(parseControlLine('{"event":"ready","stack_signal":64}')).toMatchObject({ stackSignal: 64 })
    for (const number of ['-9', '0', '65', '1.5', '"9"'])
      expect(parseControlLine(`{"event":"ready","stack_signal":${number}}`)).toMatchObject({ stackSignal: 0 })
    expect(parseControlLine('{"event":"pong"}')).toEqual({ kind: 'pong' })
    expect(parseControlLine('{"event":"stacks","threads":[{"request":null,"stack":"a"}]}')).toEqual({
      kind: 'stacks',
      threads: [{ request: null, stack: 'a' }],
    })
  })

  it('takes only absolute paths for files', () => {
    const of = (path: unknown) => parseControlLine(JSON.stringify({ event: 'loaded', path, stamp: '1:2:3' }))
    expect(of('/srv/a.py')).toEqual({ kind: 'loaded', file: { path: '/srv/a.py', stamp: '1:2:3' } })
    for (const path of ['a.py', '/a\0b', 7, null]) expect(of(path)).toEqual({ kind: 'unknown' })
  })

  it('survives members of another shape', () => {
    expect(parseControlLine('{"event":"failed","message":7}')).toEqual({
      kind: 'failed',
      application: '',
      failure: { reason: '', message: 'The application could not be started', hint: '', traceback: '' },
    })
    expect(parseControlLine('{"event":"stacks","threads":[1,null]}')).toMatchObject({
      threads: [
        { request: null, stack: '' },
        { request: null, stack: '' },
      ],
    })
  })

  it('calls what is no object bad and what is newer unknown', () => {
    expect(parseControlLine('[]').kind).toBe('bad')
    expect(parseControlLine('Traceback').kind).toBe('bad')
    expect(parseControlLine('{"event":"news"}').kind).toBe('unknown')
  })
})

describe('encodeControlLine', () => {
  it('is one line whatever the values hold', () => {
    expect(encodeControlLine({ command: 'stop', deadline: 1.5 })).toBe('{"command":"stop","deadline":1.5}\n')
  })
})

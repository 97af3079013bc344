import { describe, expect, it } from 'vitest'
import { HandInput } from '../../test/double/hand-input.ts'
import { PorticoError } from '../failure.ts'
import { LiveInput } from './live-input.ts'

function start(maxBytes = 0) {
  const input = new HandInput()
  const live = new LiveInput(input, { bytes: maxBytes, setting: 'limits.body' })
  const taken: string[] = []
  const next = (): void =>
    live.next((failure, piece) => taken.push(failure?.code ?? (piece === undefined ? 'end' : String(piece))))
  return { input, live, taken, next }
}

describe('LiveInput', () => {
  it('does not ask the client for anything before it is read', () => {
    const { input, live, next } = start()
    expect(input.sink).toBeUndefined()
    expect(live.rewind()).toBe(true)
    next()
    expect(input.sink).toBeDefined()
    expect(live.rewind()).toBe(false)
  })

  it('hands each piece to whoever waits for it', () => {
    const { input, taken, next } = start()
    next()
    expect(taken).toEqual([])
    input.sink?.data(Buffer.from('one'))
    expect(taken).toEqual(['one'])
    input.sink?.data(Buffer.from('two'))
    input.sink?.end()
    expect(taken).toEqual(['one'])
    next()
    next()
    expect(taken).toEqual(['one', 'two', 'end'])
  })

  it('makes the client wait when what has come is not read', () => {
    const { input, next } = start()
    next()
    input.sink?.data(Buffer.alloc(10))
    input.sink?.data(Buffer.alloc(60_000))
    expect(input.paused).toBe(false)
    input.sink?.data(Buffer.alloc(6_000))
    expect(input.paused).toBe(true)
    next()
    next()
    next()
    expect(input.paused).toBe(false)
  })

  it('fails at the body limit, behind what was within it', () => {
    const { input, taken, next } = start(5)
    next()
    input.sink?.data(Buffer.from('12345'))
    input.sink?.data(Buffer.from('6'))
    next()
    expect(taken).toEqual(['12345', 'E_INPUT_TOO_LARGE'])
  })

  it('passes on that the client failed', () => {
    const { input, taken, next } = start()
    next()
    input.sink?.fail(new PorticoError('E_INPUT_CUT_SHORT'))
    next()
    expect(taken).toEqual(['E_INPUT_CUT_SHORT', 'E_INPUT_CUT_SHORT'])
  })

  it('says nothing more once it is closed', () => {
    const { input, live, taken, next } = start()
    next()
    live.close()
    input.sink?.data(Buffer.from('late'))
    input.sink?.end()
    expect(taken).toEqual([])
  })
})

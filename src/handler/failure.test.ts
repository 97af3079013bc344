import { describe, expect, it } from 'vitest'
import { type Facts, type FailureCode, PorticoError } from '../failure.ts'
import { firstField } from '../http/fields.ts'
import type { RequestHead } from '../http/head.ts'
import { failureAnswer } from './failure.ts'

const head = { method: 'GET', fields: [] } as unknown as RequestHead // the rest is not looked at

function retryAfter(code: FailureCode, facts: Facts = {}): string | undefined {
  return firstField(
    failureAnswer(new PorticoError(code, undefined, facts), 'r-1', head).fields,
    'retry-after',
  )
}

describe('Retry-After', () => {
  it('is the time to the next start, never too soon', () => {
    expect(retryAfter('E_BACKEND_FAILED', { retryMs: 25_600 })).toBe('26')
    expect(retryAfter('E_BACKEND_FAILED', { retryMs: 1 })).toBe('1')
  })

  it('is a few seconds where nobody knows, and absent where it makes no sense', () => {
    expect(retryAfter('E_BACKEND_FAILED', { retryMs: 0 })).toBe('5')
    expect(retryAfter('E_BACKEND_BUSY')).toBe('5')
    expect(retryAfter('E_APPLICATION_EXITED')).toBeUndefined()
  })
})

import { expect, it } from 'vitest'
import { AnswerHeaders } from './answer-headers.ts'

it('sets, replaces and removes fields, whatever their case', () => {
  const headers = new AnswerHeaders({ 'X-Frame-Options': 'DENY', 'x-powered-by': null })
  const fields = ['A', '1', 'x-frame-options', 'a', 'X-Powered-By', 'b', 'X-FRAME-OPTIONS', 'c', 'A', '2']
  expect(headers.apply(fields)).toEqual(['A', '1', 'A', '2', 'X-Frame-Options', 'DENY'])
  expect(headers.apply([])).toEqual(['X-Frame-Options', 'DENY'])
  expect(headers.removesServer).toBe(false)
  expect(new AnswerHeaders({ SERVER: null }).removesServer).toBe(true)
})

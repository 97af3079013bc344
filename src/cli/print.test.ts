import { expect, it } from 'vitest'
import { printableJson } from './print.ts'

it('makes JSON that steers no terminal and says the same', () => {
  const value = { target: '/\u009b2J\u0085\u007f\u001b[31m\t\n\u202e\u2028\u{e0001}', text: 'Straße 世界 😀' }
  const text = printableJson(value)
  expect(text).toContain('/\\u009b2J\\u0085\\u007f\\u001b[31m\\t\\n\\u202e\\u2028\\udb40\\udc01"')
  expect(text).toContain('"Straße 世界 😀"')
  expect(JSON.parse(text)).toEqual(value)
})

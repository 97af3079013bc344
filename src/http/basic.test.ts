import { expect, it } from 'vitest'
import { basicCredentials } from './basic.ts'

const encoded = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')
const read = (...values: string[]) => basicCredentials(values.flatMap((value) => ['authorization', value]))

it('reads a name and a password as UTF-8', () => {
  expect(read(`Basic ${encoded('ann:secret')}`)).toEqual({ user: 'ann', password: 'secret' })
  expect(read(`bAsIc  ${encoded('änn:a:b€:')}`)).toEqual({ user: 'änn', password: 'a:b€:' })
  expect(read(`Basic ${encoded('ann:')}`)).toEqual({ user: 'ann', password: '' })
})

it.each([
  ['no colon', `Basic ${encoded('ann')}`],
  ['no name', `Basic ${encoded(':x')}`],
  ['no base64', 'Basic ann:secret'],
  ['nothing', 'Basic '],
  ['no space', `Basic${encoded('ann:x')}`],
  ['more behind it', `Basic ${encoded('ann:x')} x`],
  ['another scheme', 'Bearer YW5uOng='],
  ['no UTF-8', `Basic ${encoded(Uint8Array.of(0x61, 0x3a, 0xff))}`],
  ['a NUL', `Basic ${encoded('ann:sec\0ret')}`],
  ['a very long password', `Basic ${encoded(`ann:${'x'.repeat(513)}`)}`],
])('takes %s for none', (_, value) => {
  expect(read(value)).toBeUndefined()
})

it('takes several for none', () => {
  expect(read(`Basic ${encoded('ann:secret')}`, `Basic ${encoded('ann:secret')}`)).toBeUndefined()
  expect(read()).toBeUndefined()
})

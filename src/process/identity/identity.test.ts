import { describe, expect, it } from 'vitest'
import { findIdentity } from './identity.ts'
import type { UserDatabase } from './user.ts'

const database: UserDatabase = {
  lines: (table, key) => {
    const lines = { passwd: 'shop:x:1001:1002::/home/shop:/bin/sh', group: 'media:x:44:shop' }
    return lines[table].startsWith(`${key}:`) ? [lines[table]] : []
  },
  groups: (user) => (user === 'shop' ? [44, 1002] : []),
}
const shop = { name: 'shop', uid: 1001, gid: 1002, groups: [1002, 44], home: '/home/shop' }

describe('findIdentity', () => {
  it('has the groups that list the account', () => {
    expect(findIdentity('shop', null, database)).toEqual({ kind: 'ok', identity: shop })
  })

  it('takes a group in place of the account’s own', () => {
    const identity = { ...shop, gid: 44, groups: [44, 1002] }
    expect(findIdentity('shop', 'media', database)).toEqual({ kind: 'ok', identity })
  })

  it('takes numbers without an account when both are there', () => {
    const identity = { name: '5000', uid: 5000, gid: 5001, groups: [5001], home: '/' }
    expect(findIdentity('5000', '5001', database)).toEqual({ kind: 'ok', identity })
    expect(findIdentity('5000', null, database)).toMatchObject({ kind: 'bad', setting: 'user' })
  })

  it('says which of the two is missing', () => {
    expect(findIdentity('gone', 'media', database)).toMatchObject({ kind: 'bad', setting: 'user' })
    expect(findIdentity('shop', 'gone', database)).toMatchObject({ kind: 'bad', setting: 'group' })
  })
})

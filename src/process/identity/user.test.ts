import { describe, expect, it } from 'vitest'
import { findGroup, findUser, systemUsers } from './user.ts'

const none = { lines: () => [], groups: () => [] }

describe('findUser', () => {
  it('finds root by name and by number', () => {
    expect(findUser('root')).toMatchObject({ kind: 'ok', user: { name: 'root', uid: 0, gid: 0 } })
    expect(findUser('0')).toMatchObject({ kind: 'ok', user: { name: 'root' } })
  })

  it('says how to create a user that does not exist', () => {
    expect(findUser('no-such-user')).toEqual({
      kind: 'bad',
      message: 'There is no user "no-such-user"',
      hint: 'Create it with: useradd --system no-such-user',
    })
  })

  it('does not take a name for an option or a broken line for a user', () => {
    expect(findUser('--help').kind).toBe('bad')
    expect(findUser('x', { ...none, lines: () => ['x:*:not-a-number:1:::'] }).kind).toBe('bad')
  })
})

describe('findGroup', () => {
  it('finds the group of root and misses others', () => {
    expect(systemUsers.lines('group', '0').length).toBe(1)
    expect(findGroup('0')).toEqual({ kind: 'ok', gid: 0 })
    expect(findGroup('staff', none).kind).toBe('bad')
  })
})

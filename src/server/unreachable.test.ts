import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryDirectory } from '../../test/app/worker/stand-in.ts'
import { unreachableHint } from './unreachable.ts'

it('names user, owner and mode of a socket that is closed', () => {
  const path = join(temporaryDirectory(), 'a.sock')
  writeFileSync(path, '')
  chmodSync(path, 0o600)
  expect(unreachableHint(`unix:${path}`, 'EACCES')).toMatch(
    new RegExp(
      `^"${userInfo().username}" may not connect to "${path}" \\(${userInfo().username}:[\\w-]+ 0600\\); `,
    ),
  )
})

it('says that a directory is closed where the socket cannot be looked at', () => {
  expect(unreachableHint('unix:/no/such/a.sock', 'EACCES')).toMatch(
    /: a directory on the way is closed to it; /,
  )
})

it('says that a path leads to no socket', () => {
  const path = join(temporaryDirectory(), 'php')
  mkdirSync(path)
  expect(unreachableHint(`unix:${path}`, 'ECONNREFUSED')).toBe(
    `"${path}" is no socket: name the socket itself`,
  )
  expect(unreachableHint('127.0.0.1:9', 'ECONNREFUSED')).toBe(
    'Nobody listens there: is the application running?',
  )
})

import { mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withSocketOf } from './own-socket.ts'

const directory = mkdtempSync(join(realpathSync(tmpdir()), 'portico-own-'))
const uid = process.getuid?.() ?? 0
const server = createServer((socket) => socket.end('hello'))
const at = (name: string): string => join(directory, name)

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(at('own.sock'), resolve))
  symlinkSync(at('own.sock'), at('link.sock'))
  writeFileSync(at('file.sock'), '')
})

afterAll(() => {
  server.close()
  rmSync(directory, { recursive: true, force: true })
})

describe.skipIf(process.platform !== 'linux')('withSocketOf', () => {
  it('gives a path at which the socket of that user answers, and keeps no descriptor', async () => {
    const before = readdirSync('/proc/self/fd')
    withSocketOf(uid, at('own.sock'), () => {})
    expect(readdirSync('/proc/self/fd')).toEqual(before)
    let said = ''
    let ended: Promise<unknown> = Promise.resolve()
    withSocketOf(uid, at('own.sock'), (path) => {
      const socket = connect({ path })
      socket.on('data', (data) => {
        said += data
      })
      ended = new Promise((resolve) => socket.once('close', resolve))
    })
    await ended
    expect(said).toBe('hello')
  })

  it.each([
    ['a link to one', uid, 'link.sock', /is not a socket/],
    ['a file', uid, 'file.sock', /is not a socket/],
    ['that of another user', uid + 1, 'own.sock', new RegExp(`belongs to user ${uid}$`)],
    ['nothing', uid, 'none.sock', /ENOENT/],
  ])('refuses %s', (_, owner, name, why) => {
    const use = (): never => {
      throw new Error('used')
    }
    expect(() => withSocketOf(owner, at(name), use)).toThrow(why)
  })
})

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../../test/app/worker/stand-in.ts'
import { blockedAt } from './reach.ts'

const nobody = { name: 'nobody', uid: 65534, gid: 65534, groups: [65534], home: '/' }

function directory(...names: readonly string[]): string {
  const path = temporaryDirectory()
  chmodSync(path, 0o755)
  for (const name of names) mkdirSync(join(path, name))
  return path
}

describe('blockedAt', () => {
  it('is nothing for who we are', () => {
    expect(blockedAt(null, [{ path: '/no/such', to: 'read' }])).toBeUndefined()
  })

  it.runIf(process.getuid?.() === 0)('names the first directory that lets nobody through', () => {
    const path = directory('closed', 'closed/open')
    chmodSync(join(path, 'closed'), 0o700)
    writeFileSync(join(path, 'closed/open/file'), '')
    symlinkSync('closed/../closed/open/file', join(path, 'link'))
    for (const name of ['closed/open/file', 'link'])
      expect(blockedAt(nobody, [{ path: join(path, name), to: 'read' }])).toBe(join(path, 'closed'))
  })

  it.runIf(process.getuid?.() === 0)('tells reading from running', () => {
    const path = directory()
    const file = join(path, 'it is')
    writeFileSync(file, '')
    expect(blockedAt(nobody, [{ path: file, to: 'read' }])).toBeUndefined()
    expect(blockedAt(nobody, [{ path: '/bin/sh', to: 'run' }])).toBeUndefined()
    expect(blockedAt(nobody, [{ path: file, to: 'run' }])).toBe(file)
    chmodSync(file, 0o600)
    expect(blockedAt(nobody, [{ path: file, to: 'read' }])).toBe(file)
  })
})

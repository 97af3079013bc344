import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../../test/app/worker/stand-in.ts'
import { ensureParents } from './runtime-parents.ts'

const own = process.getuid?.() ?? 0
const other = 1002

/** A directory as /tmp is one. */
function shared(): string {
  const path = temporaryDirectory()
  chmodSync(path, 0o1777)
  return path
}

function made(path: string, mode: number, uid = own): string {
  mkdirSync(path, { recursive: true })
  chmodSync(path, mode)
  if (uid !== own) chownSync(path, uid, uid)
  return path
}

const mode = (path: string): number => lstatSync(path).mode & 0o7777

describe('ensureParents', () => {
  it('makes what is missing, and what is named after us ours alone', () => {
    const mine = join(shared(), `portico-${own}`)
    expect(ensureParents(join(mine, 'a1b2'), true)).toBeNull()
    expect(mode(mine)).toBe(0o700)
    chmodSync(mine, 0o777)
    expect(ensureParents(join(mine, 'a1b2'), true)).toBeNull()
    expect(mode(mine)).toBe(0o700)
    chmodSync(mine, 0o755)
    expect(ensureParents(join(mine, 'a1b2'), false)).toBeNull()
    expect(mode(mine)).toBe(0o755)
  })

  it('refuses a symbolic link with the name after us', () => {
    const top = shared()
    symlinkSync(made(join(top, 'elsewhere'), 0o755), join(top, `portico-${own}`))
    expect(ensureParents(join(top, `portico-${own}`, 'a1b2'), true)).toBe(
      `"${top}/portico-${own}" is a symbolic link`,
    )
  })

  // Only root can make what belongs to others.
  describe.runIf(own === 0)('of other users', () => {
    it.each([0o777, 0o755, 0o1777])('refuses what they have prepared with mode %o', (prepared) => {
      const theirs = made(join(shared(), `portico-${own}`), prepared, other)
      expect(ensureParents(join(theirs, 'a1b2'), true)).toBe(
        `"${theirs}" belongs to user ${other}, who can put another in its place`,
      )
    })

    it('refuses their link, also far above', () => {
      const top = shared()
      made(join(top, 'real', 'deep'), 0o700)
      symlinkSync(join(top, 'real'), join(top, 'link'))
      expect(ensureParents(join(top, 'link', 'deep', 'run'), true)).toBeNull()
      const theirs = join(top, 'theirs')
      symlinkSync(join(top, 'real'), theirs)
      lchownSync(theirs, other, other)
      expect(ensureParents(join(theirs, 'deep', 'run'), true)).toContain(
        `"${theirs}" belongs to user ${other}`,
      )
    })

    it('refuses what everybody may write to without the sticky bit', () => {
      const top = temporaryDirectory()
      const theirs = made(join(top, 'open'), 0o777, other)
      expect(ensureParents(join(theirs, 'run'), true)).toBe(`other users may write to "${theirs}" above it`)
      made(join(theirs, 'deep'), 0o755)
      expect(ensureParents(join(theirs, 'deep', 'run'), true)).toContain('other users may write')
      chmodSync(theirs, 0o1777)
      expect(ensureParents(join(theirs, 'deep', 'run'), true)).toBeNull()
    })
  })
})

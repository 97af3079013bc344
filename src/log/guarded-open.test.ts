import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openGuarded } from './guarded-open.ts'

const [server, other] = [1001, 1002]
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT

interface Place {
  /** Only root writes to it. */
  readonly roots: string
  /** The user of the server does as well. */
  readonly shared: string
}

function makePlace(): Place {
  const top = mkdtempSync(join(tmpdir(), 'portico-guarded-'))
  onTestFinished(() => rmSync(top, { recursive: true }))
  const [roots, shared] = [join(top, 'roots'), join(top, 'shared')]
  for (const path of [roots, shared]) mkdirSync(path, { mode: 0o755 })
  chmodSync(top, 0o755)
  chownSync(shared, server, server)
  return { roots, shared }
}

function append(path: string, owners: readonly number[] = []): void {
  const file = openGuarded(path, flags, 0o640, owners)
  writeSync(file, 'line\n')
  closeSync(file)
}

describe.runIf(process.getuid?.() === 0)('openGuarded', () => {
  it('makes a file, and appends to it, whoever owns its directory', () => {
    const { roots, shared } = makePlace()
    for (const directory of [roots, shared]) {
      const path = join(directory, 'error.log')
      append(path)
      append(path)
      expect(readFileSync(path, 'utf8')).toBe('line\nline\n')
    }
  })

  it('does not follow a link that somebody else can have put there, wherever it is in the path', () => {
    const { roots, shared } = makePlace()
    symlinkSync(join(roots, 'new.log'), join(shared, 'error.log'))
    expect(() => append(join(shared, 'error.log'))).toThrow(
      `"${shared}/error.log" is a symbolic link that others than root can put there`,
    )
    symlinkSync(roots, join(shared, 'logs'))
    expect(() => append(join(shared, 'logs', 'new.log'))).toThrow(`"${shared}/logs" is a symbolic link`)
    expect(existsSync(join(roots, 'new.log'))).toBe(false)
  })

  it('follows the links of root, but not to those of somebody else', () => {
    const { roots, shared } = makePlace()
    symlinkSync('../roots/real', join(roots, 'logs'))
    mkdirSync(join(roots, 'real'))
    append(join(roots, 'logs', 'error.log'))
    expect(readFileSync(join(roots, 'real', 'error.log'), 'utf8')).toBe('line\n')
    symlinkSync(join(shared, 'error.log'), join(roots, 'error.log'))
    symlinkSync(join(roots, 'new.log'), join(shared, 'error.log'))
    expect(() => append(join(roots, 'error.log'))).toThrow(`"${shared}/error.log" is a symbolic link`)
    symlinkSync('round', join(roots, 'round'))
    expect(() => append(join(roots, 'round'))).toThrow('more than 40 symbolic links')
  })

  it('refuses a file with several names, and one of another user', () => {
    const { roots, shared } = makePlace()
    writeFileSync(join(roots, 'secret'), '')
    linkSync(join(roots, 'secret'), join(shared, 'error.log'))
    expect(() => append(join(shared, 'error.log'))).toThrow(`"${shared}/error.log" has 2 names`)
    const path = join(shared, 'access.log')
    writeFileSync(path, '')
    for (const owner of [0, server]) {
      chownSync(path, owner, owner)
      append(path)
    }
    chownSync(path, other, other)
    expect(() => append(path)).toThrow(`"${path}" belongs to user ${other}`)
    append(path, [other])
    expect(readFileSync(path, 'utf8')).toBe('line\nline\nline\n')
  })

  it('opens devices and what is open already', () => {
    const { shared } = makePlace()
    append('/dev/null')
    const path = join(shared, 'theirs.log')
    const open = openSync(path, 'a')
    onTestFinished(() => closeSync(open))
    chownSync(path, other, other)
    append(`/proc/self/fd/${open}`)
    append(`/dev/fd/${open}`)
    expect(readFileSync(path, 'utf8')).toBe('line\nline\n')
  })

  it('names the path that was asked for when the system refuses', () => {
    const { roots } = makePlace()
    const path = join(roots, 'missing', 'error.log')
    expect(() => append(path)).toThrow(`ENOENT: no such file or directory, open '${path}'`)
  })
})

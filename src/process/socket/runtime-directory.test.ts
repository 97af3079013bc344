import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../../../test/app/worker/stand-in.ts'
import { bindListener } from './listener-handles.ts'
import { openRuntimeDirectory, type RuntimeSpec, restoreRuntimeDirectory } from './runtime-directory.ts'

const own = process.getuid?.() ?? 0
const root = own === 0

const spec = (path: string, change: Partial<RuntimeSpec> = {}): RuntimeSpec => ({
  path,
  applications: [{ name: 'shop', uid: own }],
  httpGid: null,
  ...change,
})

const mode = (path: string): number => statSync(path).mode & 0o7777

describe('openRuntimeDirectory', () => {
  it('makes directories that only one user enters, and corrects modes that are too wide', async () => {
    const path = join(temporaryDirectory(), 'deep', 'run')
    const first = await openRuntimeDirectory(spec(path))
    expect(first).toMatchObject({ kind: 'ok', socketMode: 0o600 })
    chmodSync(path, 0o777)
    expect(await openRuntimeDirectory(spec(path))).toEqual(first)
    expect([mode(path), mode(join(path, 'shop'))]).toEqual([0o700, 0o700])
  })

  it.runIf(root)('gives each application its user and the group of the HTTP processes', async () => {
    const path = join(temporaryDirectory(), 'run')
    const applications = [
      { name: 'shop', uid: 1001 },
      { name: 'blog', uid: 1002 },
    ]
    const runtime = await openRuntimeDirectory(spec(path, { applications, httpGid: 33 }))
    expect(runtime).toMatchObject({ kind: 'ok', socketMode: 0o660 })
    expect(mode(path)).toBe(0o711)
    const { uid, gid } = statSync(join(path, 'blog'))
    expect([uid, gid, mode(join(path, 'blog'))]).toEqual([1002, 33, 0o2710])
    expect((await openRuntimeDirectory(spec(path, { applications, httpGid: 33 }))).kind).toBe('ok')
  })

  it('refuses a symbolic link', async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'real'))
    symlinkSync(join(directory, 'real'), join(directory, 'run'))
    expect(await openRuntimeDirectory(spec(join(directory, 'run')))).toMatchObject({
      message: `Cannot use the runtime directory "${directory}/run": "${directory}/run" is a symbolic link`,
    })
  })

  it.runIf(root)('refuses what belongs to another user', async () => {
    const path = join(temporaryDirectory(), 'run')
    mkdirSync(path)
    chownSync(path, 1001, 1001)
    expect(await openRuntimeDirectory(spec(path))).toMatchObject({
      message: `Cannot use the runtime directory "${path}": "${path}" belongs to user 1001`,
    })
  })

  it('refuses names that lead elsewhere and paths that are too long', async () => {
    const path = temporaryDirectory()
    expect((await openRuntimeDirectory(spec(path, { applications: [{ name: '..', uid: own }] }))).kind).toBe(
      'bad',
    )
    expect((await openRuntimeDirectory(spec(path, { applications: [{ name: 'a/b', uid: own }] }))).kind).toBe(
      'bad',
    )
    const name = 'n'.repeat(107 - path.length - 1 - '/w4294967295.sock'.length)
    expect((await openRuntimeDirectory(spec(path, { applications: [{ name, uid: own }] }))).kind).toBe('ok')
    const longer = [{ name: `${name}n`, uid: own }]
    expect(await openRuntimeDirectory(spec(path, { applications: longer }))).toMatchObject({ kind: 'bad' })
  })

  it('removes the sockets of a dead server and respects those of a living one', async () => {
    const path = temporaryDirectory()
    await openRuntimeDirectory(spec(path))
    const stale = join(path, 'shop', 'w1.sock')
    const bound = await bindListener({ address: '', kind: 'unix', host: '', port: 0, path: stale })
    if (bound.kind === 'bad') throw new Error(bound.message)
    onTestFinished(() => bound.close())
    expect((await openRuntimeDirectory(spec(path))).kind).toBe('ok')
    expect(existsSync(stale)).toBe(false)

    const live = join(path, 'shop', 'w2.sock')
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(live, resolve))
    onTestFinished(() => {
      server.close()
    })
    expect(await openRuntimeDirectory(spec(path))).toMatchObject({
      message: `Cannot use the runtime directory "${path}": this project is being served already: a worker answers on "${live}"`,
    })
  })
})

describe('restoreRuntimeDirectory', () => {
  it('makes what is gone, and nothing when all is there', async () => {
    const path = join(temporaryDirectory(), 'deep', 'run')
    await openRuntimeDirectory(spec(path))
    expect(restoreRuntimeDirectory(spec(path))).toEqual([])
    rmSync(join(path, 'shop'), { recursive: true })
    expect(restoreRuntimeDirectory(spec(path))).toEqual([join(path, 'shop')])
    rmSync(join(path, '..'), { recursive: true })
    expect(restoreRuntimeDirectory(spec(path))).toEqual([path, join(path, 'shop')])
    expect([mode(path), mode(join(path, 'shop'))]).toEqual([0o700, 0o700])
  })

  it('refuses what somebody has put there instead', async () => {
    const directory = temporaryDirectory()
    const path = join(directory, 'run')
    await openRuntimeDirectory(spec(path))
    rmSync(path, { recursive: true })
    symlinkSync(directory, path)
    expect(() => restoreRuntimeDirectory(spec(path))).toThrow(
      `Cannot use the runtime directory "${path}": "${path}" is a symbolic link`,
    )
  })
})

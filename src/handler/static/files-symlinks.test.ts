// Where symlinks may lead the files handler, and where not.

import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askFiles, filesHandler } from '../../../test/double/ask-files.ts'
import { MemoryLog } from '../../../test/double/log.ts'
import { ServedDirectory, secret } from '../../../test/double/served-directory.ts'
import type { FilesHandler, FilesOptions } from './files.ts'

let directory: ServedDirectory
let log: MemoryLog
beforeEach(() => {
  directory = new ServedDirectory()
  log = new MemoryLog()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

function handlerFor(options: Partial<FilesOptions> = {}): FilesHandler {
  return filesHandler(directory.root, options, log)
}

function ask(rawPath: string, options: Partial<FilesOptions> = {}): Promise<string> {
  return askFiles(handlerFor(options), rawPath)
}

function link(target: string, name: string): void {
  symlinkSync(target, join(directory.root, name))
}

describe('FilesHandler against symlinks', () => {
  it('refuses a symlink that leads out of the root and does not pass it on', async () => {
    link('../secret.txt', 'relative')
    link(join(directory.top, 'secret.txt'), 'absolute')
    link('..', 'up')
    link('relative', 'twice')
    for (const path of ['/relative', '/absolute', '/up/secret.txt', '/twice']) {
      expect([path, await ask(path)]).toEqual([path, '404'])
      expect([path, await ask(path, { symlinks: 'none' })]).toEqual([path, '404'])
      expect([path, await ask(path, { symlinks: 'any' })]).toEqual([path, `200 ${secret}`])
    }
    const { level, event, facts } = log.events[0] ?? {}
    expect([level, event, facts?.path]).toEqual(['info', 'files.refused', '/relative'])
    expect(facts?.why).toContain('a symlink leads to it that the mount does not allow')
  })

  it('follows a symlink that stays inside, unless none is allowed', async () => {
    directory.write('d/a.txt', 'a')
    link('d/a.txt', 'file')
    link('d', 'dir')
    for (const path of ['/file', '/dir/a.txt']) {
      expect([path, await ask(path)]).toEqual([path, '200 a'])
      expect([path, await ask(path, { symlinks: 'none' })]).toEqual([path, '404'])
    }
    expect(await ask('/d/a.txt', { symlinks: 'none' })).toBe('200 a')
  })

  it('tells a sibling whose name starts like the root from the root', async () => {
    mkdirSync(`${directory.root}-private`)
    writeFileSync(`${directory.root}-private/x`, secret)
    link('../root-private/x', 'x')
    link('../root-private', 'y')
    expect([await ask('/x'), await ask('/y/x')]).toEqual(['404', '404'])
  })

  it('does not serve an index or a fallback that leads out', async () => {
    mkdirSync(join(directory.root, 'd'))
    link('../../secret.txt', 'd/index.html')
    link('../secret.txt', 'out')
    expect([await ask('/d/'), await ask('/d'), await ask('/x', { fallback: '/out' })]).toEqual([
      '404',
      '404',
      '404',
    ])
  })

  it('refuses symlink loops and passes on broken symlinks', async () => {
    link('loop', 'loop')
    link('b', 'a')
    link('a', 'b')
    link('nowhere', 'broken')
    expect([await ask('/loop'), await ask('/a/x'), await ask('/broken')]).toEqual(['404', '404', 'passed'])
  })

  it('is not fooled by a name that changes between file and symlink', async () => {
    const name = join(directory.root, 'flip')
    const spare = join(directory.root, 'spare')
    writeFileSync(name, 'public')
    let turns = 0
    let over = false
    const flip = () => {
      if (over) return
      if (turns++ % 2 === 0) symlinkSync('../secret.txt', spare)
      else writeFileSync(spare, 'public')
      renameSync(spare, name)
      setImmediate(flip)
    }
    flip()
    const handlers = [handlerFor(), handlerFor({ symlinks: 'none' })]
    const seen = new Set<string>()
    for (let i = 0; i < 400; i++) {
      const answers = await Promise.all(handlers.map((handler) => askFiles(handler, '/flip')))
      for (const answer of answers) seen.add(answer)
    }
    over = true
    expect([...seen].sort()).toEqual(['200 public', '404'])
  })

  it('keeps the same boundary where there is no /proc to ask', async () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {}
    Object.defineProperty(process, 'platform', { ...platform, value: 'elsewhere' })
    try {
      directory.write('d/a.txt', 'a')
      link('d', 'dir')
      link('../secret.txt', 'out')
      const asked = ['/d/a.txt', '/dir/a.txt', '/out', '/none'].map((path) => ask(path))
      expect(await Promise.all(asked)).toEqual(['200 a', '200 a', '404', 'passed'])
      const strict = ['/d/a.txt', '/dir/a.txt'].map((path) => ask(path, { symlinks: 'none' }))
      expect(await Promise.all(strict)).toEqual(['200 a', '404'])
    } finally {
      Object.defineProperty(process, 'platform', platform)
    }
  })

  it('serves the root of the file system as a root like any other', async () => {
    const path = directory.write('a.txt', 'a')
    expect(await ask(path, { root: '/' })).toBe('200 a')
    expect(await ask(path, { root: '/', symlinks: 'none' })).toBe('200 a')
  })
})

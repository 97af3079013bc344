import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryDirectory, until } from '../../../test/app/worker/stand-in.ts'
import { monotonicMs } from '../../clock.ts'
import { fileStamp, noFile } from './file-stamp.ts'
import { SourceWatch } from './source-watch.ts'

const watches: SourceWatch[] = []

function watch(...names: readonly string[]) {
  const directory = temporaryDirectory()
  const said: (readonly string[] | 'touched')[] = []
  const it = new SourceWatch(
    { touched: () => said.push('touched'), changed: (paths) => said.push(paths) },
    monotonicMs,
  )
  watches.push(it)
  const paths = names.map((name) => join(directory, name))
  for (const path of paths) {
    writeFileSync(path, 'as it was')
    it.loaded(path, fileStamp(path))
  }
  return { it, said, directory, paths, changed: () => until(() => said[1], 'a change is told') }
}

afterEach(() => {
  for (const it of watches.splice(0)) it.stop()
})

describe('SourceWatch', () => {
  it.each([
    ['written in place', (path: string) => writeFileSync(path, 'new')],
    ['touched', (path: string) => utimesSync(path, new Date(1e12), new Date(1e12))],
    ['deleted', (path: string) => rmSync(path)],
    [
      'replaced by a file of the same size and time',
      (path: string) => {
        utimesSync(path, new Date(1e12), new Date(1e12))
        writeFileSync(`${path}.new`, 'as it is.')
        utimesSync(`${path}.new`, new Date(1e12), new Date(1e12))
        renameSync(`${path}.new`, path)
      },
    ],
  ])('tells of a file that was %s', async (_, change) => {
    const { said, paths, changed } = watch('a.py', 'b.py')
    change(paths[1] ?? '')
    await changed()
    expect(said).toEqual(['touched', [paths[1]]])
  })

  it('waits until a checkout of many files is done and tells of all at once', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `m${i}.py`)
    const { it, said, paths, changed } = watch(...names)
    for (const [i, path] of paths.entries()) {
      writeFileSync(path, 'checked out')
      if (i % 50 === 0) it.look()
    }
    expect(new Set(await changed())).toEqual(new Set(paths))
    expect(said[0]).toBe('touched')
    expect(said).toHaveLength(2)
  })

  it('compares with what was loaded, not with what it saw first', async () => {
    const { it, directory, changed } = watch('a.py')
    const path = join(directory, 'late.py')
    writeFileSync(path, 'loaded')
    const stamp = fileStamp(path)
    writeFileSync(path, 'written again before anybody looked')
    it.loaded(path, stamp)
    expect(await changed()).toEqual([path])
  })

  it('tells when two workers of a generation have loaded different things', async () => {
    const { it, paths, changed } = watch('a.py')
    it.loaded(paths[0] ?? '', '1:2:3')
    expect(await changed()).toEqual(paths)
  })

  it('takes what is on disk for the start of the next generation', async () => {
    const { it, said, paths } = watch('a.py', 'b.py')
    writeFileSync(paths[0] ?? '', 'a new generation asked for by somebody else')
    it.nextGeneration()
    it.look()
    expect(said).toEqual([])
    // The new generation is known to work without b.py.
    it.loaded(paths[0] ?? '', fileStamp(paths[0] ?? ''))
    it.working()
    writeFileSync(paths[1] ?? '', 'of no interest')
    it.look()
    expect(said).toEqual([])
  })

  it('notices a module that appears while a generation fails, and nothing else that is written there', async () => {
    const { it, said, directory, changed } = watch('a.py')
    it.failing(directory)
    for (const name of ['db.sqlite3-journal', '.a.py.swp', 'out.log'])
      writeFileSync(join(directory, name), '')
    mkdirSync(join(directory, '__pycache__'))
    it.look()
    expect(said).toEqual([])
    writeFileSync(join(directory, 'missing.py'), '')
    expect(await changed()).toEqual([directory])
  })

  it('waits for a file that is not there yet', async () => {
    const { it, directory, changed } = watch()
    const path = join(directory, 'app.py')
    it.loaded(path, noFile)
    writeFileSync(path, 'here')
    expect(await changed()).toEqual([path])
  })
})

// The files handler over time: files that change while they are sent, clients that go, roots that come and move.

import { mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askFiles, filesHandler, inAWord, startFiles } from '../../../test/double/ask-files.ts'
import { MemoryLog } from '../../../test/double/log.ts'
import { CollectingSink } from '../../../test/double/output-sink.ts'
import { ServedDirectory } from '../../../test/double/served-directory.ts'
import type { StreamBody } from '../../http/exchange.ts'
import { firstField } from '../../http/fields.ts'
import { maxHotFileBytes } from './hot-files.ts'

let directory: ServedDirectory
beforeEach(() => {
  directory = new ServedDirectory()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

async function streamOf(path: string): Promise<StreamBody> {
  const outcome = await startFiles(filesHandler(directory.root), { path }).outcome
  const body = outcome.kind === 'answer' ? outcome.answer.body : undefined
  if (body === undefined || Buffer.isBuffer(body)) throw new Error('not a stream')
  return body
}

describe('FilesHandler over time', () => {
  it('leaves nothing behind on an exchange that it passes on', async () => {
    const exchange = startFiles(filesHandler(directory.root), { path: '/none' })
    expect((await exchange.outcome).kind).toBe('passed')
    expect(exchange.whenGone).toBeUndefined()
  })

  it('passes everything on while the root does not exist, and serves it when it does', async () => {
    const root = join(directory.top, 'later')
    const handler = filesHandler(root)
    expect(await askFiles(handler, '/a')).toBe('passed')
    mkdirSync(root)
    writeFileSync(join(root, 'a'), 'x')
    expect(await askFiles(handler, '/a')).toBe('200 x')
  })

  it('never says that a file was modified in the future', async () => {
    utimesSync(directory.write('a.txt', 'hello'), 4_000_000_000, 4_000_000_000)
    const handler = filesHandler(directory.root, {}, new MemoryLog(), () => Date.UTC(2026, 0, 1))
    const outcome = await startFiles(handler, { path: '/a.txt' }).outcome
    const fields = outcome.kind === 'answer' ? outcome.answer.fields : []
    expect(firstField(fields, 'last-modified')).toBe('Thu, 01 Jan 2026 00:00:00 GMT')
  })

  it('fails a streamed file that is truncated while it is sent', async () => {
    const path = directory.write('big', Buffer.alloc(maxHotFileBytes * 2, 'x'))
    const { source } = await streamOf('/big')
    const sink = new CollectingSink(() => {
      truncateSync(path, 10)
      return true
    })
    source.start(sink)
    const ending = await sink.ending
    expect(ending.kind === 'fail' && ending.failure.code).toBe('E_OUTPUT_CUT_SHORT')
  })

  it('closes the descriptor and gives up when the client goes in the middle', async () => {
    directory.write('small', 'x')
    directory.write('big', Buffer.alloc(maxHotFileBytes * 2))
    for (const path of ['/small', '/big', '/none']) {
      const exchange = startFiles(filesHandler(directory.root), { path })
      exchange.whenGone?.cancel()
      expect(inAWord(await exchange.outcome)).toBe('E_CLIENT_GONE')
    }
    await directory.allClosed()
  })

  it('closes the descriptor whenever the client goes, also while a neighbour is looked for', async () => {
    directory.write('a.js', Buffer.alloc(maxHotFileBytes * 2))
    directory.write('a.js.gz', Buffer.alloc(maxHotFileBytes * 2))
    const handler = filesHandler(directory.root, { precompressed: true })
    const fields = ['Accept-Encoding', 'br, zstd, gzip']
    for (let turns = 0; turns < 100; turns++) {
      const exchange = startFiles(handler, { path: '/a.js', fields })
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
      const isLate = exchange.settled !== undefined
      if (!isLate) exchange.leave()
      const outcome = await exchange.outcome
      if (outcome.kind === 'answer' && isLate) (outcome.answer.body as StreamBody).source.cancel()
    }
  })

  it('closes the descriptor of a streamed file that is cancelled in the middle', async () => {
    directory.write('big', Buffer.alloc(maxHotFileBytes * 2))
    const { source } = await streamOf('/big')
    expect(directory.openDescriptors()).toBe(1)
    source.start(new CollectingSink(() => false))
    source.cancel()
    await directory.allClosed()
  })

  it('follows the root when a deployment turns its symlink', async () => {
    const current = join(directory.top, 'current')
    const release = join(directory.top, 'release')
    directory.write('a.txt', 'old')
    mkdirSync(release)
    writeFileSync(join(release, 'a.txt'), 'new')
    symlinkSync(directory.root, current)
    const rules = ['inside', 'none', 'any'] as const
    const handlers = rules.map((symlinks) => filesHandler(current, { symlinks }))
    const bodies = () => Promise.all(handlers.map((handler) => askFiles(handler, '/a.txt')))
    expect(await bodies()).toEqual(['200 old', '200 old', '200 old'])
    rmSync(current)
    symlinkSync(release, current)
    expect(await bodies()).toEqual(['200 new', '200 new', '200 new'])
  })

  it('holds no descriptor after hundreds of requests of every kind', async () => {
    directory.write('a.txt', 'a')
    directory.write('d/index.html', 'x')
    const handler = filesHandler(directory.root)
    const paths = ['/a.txt', '/d', '/d/', '/none', '/.env']
    await Promise.all(
      Array.from({ length: 500 }, (_, i) => askFiles(handler, paths[i % paths.length] ?? '/')),
    )
    await directory.allClosed()
  })
})

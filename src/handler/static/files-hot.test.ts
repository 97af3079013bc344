// Files in memory: what they spare, and that nothing that has changed is answered for more than a second. The tests walk
// through time: a request says when it came, and the wall clock is far enough ahead that what was just written is settled.

import {
  chmodSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesHandler, inAWord, startFiles } from '../../../test/double/ask-files.ts'
import type { Outcome } from '../../../test/double/exchange.ts'
import { ServedDirectory, secret } from '../../../test/double/served-directory.ts'
import type { FilesHandler, FilesOptions } from './files.ts'
import { HotFiles, HotMemory } from './hot-files.ts'

let directory: ServedDirectory
let handler: FilesHandler
beforeEach(() => {
  directory = new ServedDirectory()
  handler = handlerFor()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

const later = () => Date.now() + 10_000

function handlerFor(options: Partial<FilesOptions> = {}): FilesHandler {
  return filesHandler(directory.root, options, undefined, later)
}

interface Ask {
  readonly method?: string
  readonly fields?: readonly string[]
}

async function askAt(ms: number, path: string, ask: Ask = {}): Promise<string> {
  return inAWord(await startFiles(handler, { path, receivedMs: ms, ...ask }).outcome)
}

/** The answer if it was there at once: from memory. */
function atOnce(ms: number, path: string, ask: Ask = {}): Outcome | undefined {
  return startFiles(handler, { path, receivedMs: ms, ...ask }).settled
}

describe('the fallback in memory', () => {
  it('is there once, whatever it answers, and gives way to a file', async () => {
    const memory = new HotMemory()
    handler = filesHandler(directory.root, { fallback: '/.app.html' }, undefined, later, memory)
    directory.write('.app.html', 'x'.repeat(50_000))
    const body = `200 ${'x'.repeat(50_000)}`
    expect(await askAt(0, '/a')).toBe(body)
    const once = memory.bytes
    for (let i = 0; i < 50; i++) expect(await askAt(i, `/a/${i}`)).toBe(body)
    expect([once > 50_000, memory.bytes]).toEqual([true, once])
    // Kept, and hidden all the same from who asks for it by its name.
    expect(await askAt(60, '/.app.html')).toBe('404')
    directory.write('a/1', 'a file')
    expect(await askAt(70, '/a/1')).toBe('200 a file')
    unlinkSync(join(directory.root, 'a/1'))
    directory.write('.app.html', 'another')
    expect(await askAt(2000, '/a/1')).toBe('200 another')
    expect(await askAt(2001, '/a/2')).toBe('200 another')
    expect(memory.bytes).toBeLessThan(once)
  })
})

describe('a file in memory', () => {
  it('is answered at once, as one value that is the same each time', async () => {
    directory.write('a.txt', 'hello')
    await askAt(0, '/a.txt')
    const [one, other] = [atOnce(10, '/a.txt'), atOnce(600, '/a.txt')]
    if (one?.kind !== 'answer' || other?.kind !== 'answer') throw new Error('not from memory')
    expect(one.answer).toBe(other.answer)
    expect(String(one.answer.body)).toBe('hello')
  })

  it('answers HEAD, conditions and ranges as the file itself does', async () => {
    utimesSync(directory.write('a.txt', '0123456789'), 1_000_000_000, 1_000_000_000)
    const asks: Ask[] = [
      { method: 'HEAD' },
      { fields: ['Range', 'bytes=2-4'] },
      { fields: ['Range', 'bytes=10-'] },
      { fields: ['If-Modified-Since', 'Sun, 09 Sep 2001 01:46:40 GMT'] },
      { fields: ['If-Match', '"x"'] },
    ]
    const part = (outcome: Outcome | undefined) => {
      if (outcome?.kind !== 'answer') throw new Error('no answer')
      const { status, fields, body } = outcome.answer
      return {
        status,
        fields,
        octets: Buffer.isBuffer(body) && status === 206 ? body.toString() : body?.length,
      }
    }
    const cold = []
    for (const ask of asks) {
      const outcome = await startFiles(handlerFor(), { path: '/a.txt', ...ask }).outcome
      cold.push(part(outcome))
    }
    await askAt(0, '/a.txt')
    expect(asks.map((ask) => part(atOnce(1, '/a.txt', ask)))).toEqual(cold)
  })

  it('is looked at again by one request after a while, and by every request after a second', async () => {
    directory.write('a.txt', 'hello')
    await askAt(0, '/a.txt')
    expect(atOnce(699, '/a.txt')).toBeDefined()
    const checking = startFiles(handler, { path: '/a.txt', receivedMs: 700 })
    expect(checking.settled).toBeUndefined()
    expect(atOnce(701, '/a.txt')).toBeDefined()
    expect(inAWord(await checking.outcome)).toBe('200 hello')
    expect(atOnce(1399, '/a.txt')).toBeDefined()
    const both = [2400, 2400].map((ms) => startFiles(handler, { path: '/a.txt', receivedMs: ms }))
    expect(both.map((exchange) => exchange.settled)).toEqual([undefined, undefined])
    await Promise.all(both.map((exchange) => exchange.outcome))
  })

  it('is not kept while it has only just changed, or claims to come from the future', async () => {
    directory.write('a.txt', 'hello')
    handler = filesHandler(directory.root, {}, undefined, () =>
      Number(statSync(join(directory.root, 'a.txt')).ctimeMs),
    )
    await askAt(0, '/a.txt')
    expect(atOnce(1, '/a.txt')).toBeUndefined()
    handler = handlerFor()
    utimesSync(join(directory.root, 'a.txt'), 4_000_000_000, 4_000_000_000)
    await askAt(0, '/a.txt')
    expect(atOnce(1, '/a.txt')).toBeUndefined()
  })

  it('keeps the variants of a precompressed file apart', async () => {
    handler = handlerFor({ precompressed: true })
    directory.write('a.js', 'plain')
    directory.write('a.js.br', 'brotli')
    const br = { fields: ['Accept-Encoding', 'br'] }
    expect([await askAt(0, '/a.js', br), await askAt(0, '/a.js')]).toEqual(['200 brotli', '200 plain'])
    const seen = [atOnce(1, '/a.js', br), atOnce(1, '/a.js')].map((one) => one && inAWord(one))
    expect(seen).toEqual(['200 brotli', '200 plain'])
    rmSync(join(directory.root, 'a.js.br'))
    expect(await askAt(1001, '/a.js', br)).toBe('200 plain')
  })
})

describe('a change of a file in memory is seen within a second:', () => {
  const path = () => join(directory.root, 'a.txt')
  const changes: Readonly<Record<string, readonly [change: () => void, after: string]>> = {
    'replaced by renaming': [() => renameSync(directory.write('b', 'other'), path()), '200 other'],
    'rewritten in place': [() => writeFileSync(path(), 'other'), '200 other'],
    'rewritten with its old time set back': [
      () => {
        const { mtime } = statSync(path())
        writeFileSync(path(), 'HELLO')
        utimesSync(path(), mtime, mtime)
      },
      '200 HELLO',
    ],
    truncated: [() => truncateSync(path(), 2), '200 he'],
    emptied: [() => truncateSync(path(), 0), '200 '],
    removed: [() => unlinkSync(path()), 'passed'],
    'turned into a symlink that leads out': [
      () => {
        unlinkSync(path())
        symlinkSync('../secret.txt', path())
      },
      '404',
    ],
    'below a directory that was swapped': [
      () => {
        renameSync(directory.root, join(directory.top, 'old'))
        directory.write('a.txt', 'new root')
      },
      '200 new root',
    ],
    'shadowed by a directory with an index': [
      () => {
        unlinkSync(path())
        directory.write('a.txt/index.html', 'index')
      },
      '301',
    ],
  }

  it.each(Object.entries(changes))('%s', async (_, [change, after]) => {
    directory.write('a.txt', 'hello')
    utimesSync(path(), 1_000_000_000, 1_000_000_000)
    expect(await askAt(0, '/a.txt')).toBe('200 hello')
    // The kernel's clock for files must have moved on, as it has in a server that has kept the file.
    const { ctimeNs } = statSync(path(), { bigint: true })
    while (statSync(directory.write('clock', ''), { bigint: true }).ctimeNs === ctimeNs);
    change()
    expect(await askAt(1000, '/a.txt')).toBe(after)
    expect(await askAt(1001, '/a.txt')).toBe(after)
  })

  it('its permission is taken away', async () => {
    const { geteuid, seteuid } = process
    directory.write('a.txt', secret)
    chmodSync(directory.top, 0o755)
    expect(await askAt(0, '/a.txt')).toBe(`200 ${secret}`)
    chmodSync(path(), 0)
    const isRoot = geteuid?.call(process) === 0
    // Root may read everything, so the question is asked as nobody.
    if (isRoot) seteuid?.call(process, 65534)
    const seen = await askAt(1000, '/a.txt')
    if (isRoot) seteuid?.call(process, 0)
    expect(seen).toBe('403')
  })

  it('never kept as a mixture, however often it is rewritten while it is read', async () => {
    handler = filesHandler(directory.root)
    const versions = ['a', 'b', 'c'].map((letter) => letter.repeat(200_000))
    const file = directory.write('x', versions[0] ?? '')
    for (let i = 0; i < 300; i++) {
      const asked = askAt(i, '/x')
      writeFileSync(file, versions[i % 3] ?? '', { flag: 'r+' })
      await asked
      const kept = atOnce(i, '/x')
      if (kept !== undefined) expect(new Set(inAWord(kept).slice(4)).size).toBe(1)
    }
    expect(await askAt(1400, '/x')).toBe(`200 ${versions[299 % 3]}`)
  })
})

describe('HotMemory', () => {
  const file = (size: number) => ({ bytes: Buffer.alloc(size) }) as unknown as Parameters<HotFiles['keep']>[1]

  it('stays below its limit and lets go of what nobody asked for', () => {
    const memory = new HotMemory(100_000)
    const files = new HotFiles(memory)
    for (let i = 0; i < 100; i++) {
      files.keep(`/${i}`, file(10_000), 0)
      files.find('/0', 1)
      expect(memory.bytes).toBeLessThanOrEqual(100_000)
    }
    expect(files.find('/0', 1)).toBeDefined()
    expect(files.find('/50', 1)).toBeUndefined()
    expect(files.find('/99', 1)).toBeDefined()
  })

  it('counts nothing twice and forgets everything', () => {
    const memory = new HotMemory()
    const files = new HotFiles(memory)
    files.keep('/a', file(10), 0)
    const once = memory.bytes
    files.keep('/a', file(10), 5)
    expect(memory.bytes).toBe(once)
    files.keep('/a', file(500), 4)
    expect(memory.bytes).toBe(once)
    files.forget('/a')
    files.forget('/a')
    expect(memory.bytes).toBe(0)
  })
})

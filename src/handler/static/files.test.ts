import { mkdirSync, renameSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesHandler, inAWord, startFiles } from '../../../test/double/ask-files.ts'
import type { FakeRequest, Outcome } from '../../../test/double/exchange.ts'
import { CollectingSink } from '../../../test/double/output-sink.ts'
import { ServedDirectory } from '../../../test/double/served-directory.ts'
import type { Answer } from '../../http/exchange.ts'
import { firstField } from '../../http/fields.ts'
import type { FilesOptions } from './files.ts'
import { maxHotFileBytes } from './hot-files.ts'

let directory: ServedDirectory
beforeEach(() => {
  directory = new ServedDirectory()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

interface Ask extends FakeRequest {
  readonly options?: Partial<FilesOptions>
  readonly scriptName?: string
}

function ask(path: string, request: Ask = {}): Promise<Outcome> {
  const handler = filesHandler(directory.root, request.options)
  return startFiles(handler, { ...request, path }, request.scriptName).outcome
}

async function answerTo(path: string, request: Ask = {}): Promise<Answer> {
  const outcome = await ask(path, request)
  if (outcome.kind !== 'answer') throw new Error(`${outcome.kind} instead of an answer`)
  return outcome.answer
}

async function textOf(path: string, request: Ask = {}): Promise<string> {
  return inAWord(await ask(path, request))
}

function field(answer: Answer, name: string): string | undefined {
  return firstField(answer.fields, name)
}

describe('FilesHandler', () => {
  it('sends a small file as one Buffer with its type and validators', async () => {
    const path = directory.write('a.txt', 'hello')
    utimesSync(path, 1_000_000_000, 1_000_000_000)
    const answer = await answerTo('/a.txt')
    expect(answer.status).toBe(200)
    expect(String(answer.body)).toBe('hello')
    expect(field(answer, 'content-type')).toBe('text/plain; charset=utf-8')
    expect(field(answer, 'last-modified')).toBe('Sun, 09 Sep 2001 01:46:40 GMT')
    expect(field(answer, 'etag')).toMatch(/^"[a-z0-9-]+"$/)
    expect(field(answer, 'cache-control')).toBeUndefined()
    expect(field(answer, 'accept-ranges')).toBe('bytes')
  })

  it('sends an empty file as an empty Buffer', async () => {
    directory.write('empty.css', '')
    expect(await textOf('/empty.css')).toBe('200 ')
  })

  it('sends whole up to the limit and streams above it', async () => {
    directory.write('at', Buffer.alloc(maxHotFileBytes, 'a'))
    directory.write('above', Buffer.alloc(maxHotFileBytes + 1, 'b'))
    const at = await answerTo('/at')
    expect(Buffer.isBuffer(at.body) && at.body.length).toBe(maxHotFileBytes)
    const { body } = await answerTo('/above')
    if (body === undefined || Buffer.isBuffer(body)) throw new Error('not a stream')
    expect(body.length).toBe(maxHotFileBytes + 1)
    const sink = new CollectingSink()
    body.source.start(sink)
    await sink.ending
    expect(sink.bytes.equals(Buffer.alloc(maxHotFileBytes + 1, 'b'))).toBe(true)
  })

  it('answers HEAD with the same fields and length, holding no descriptor', async () => {
    directory.write('a.txt', 'hello')
    const get = await answerTo('/a.txt')
    const head = await answerTo('/a.txt', { method: 'HEAD' })
    expect([head.status, head.fields]).toEqual([get.status, get.fields])
    expect(Buffer.isBuffer(head.body) ? undefined : head.body?.length).toBe(5)
    await directory.allClosed()
  })

  it('passes every other method on', async () => {
    directory.write('a.txt', 'hello')
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'get', 'BREW']) {
      expect((await ask('/a.txt', { method })).kind).toBe('passed')
    }
    expect(filesHandler(directory.root).methods).toEqual(['GET', 'HEAD'])
  })

  it('passes on what does not exist', async () => {
    directory.write('a.txt', 'hello')
    mkdirSync(join(directory.root, 'bare'))
    for (const path of [
      '/none',
      '/none/x',
      '/none/',
      '/a.txt/',
      '/a.txt/x',
      '/bare',
      '/bare/',
      '/',
      `/${'n'.repeat(300)}`,
    ]) {
      expect([path, (await ask(path)).kind]).toEqual([path, 'passed'])
    }
  })

  it('serves index files in their order', async () => {
    directory.write('d/index.htm', 'second')
    expect(await textOf('/d/', { options: { index: ['index.html', 'index.htm'] } })).toBe('200 second')
    mkdirSync(join(directory.root, 'd/index.html'))
    expect(await textOf('/d/', { options: { index: ['index.html', 'index.htm'] } })).toBe('200 second')
    expect((await ask('/d/', { options: { index: [] } })).kind).toBe('passed')
  })

  it('redirects a directory with an index to its slash and keeps the query', async () => {
    directory.write('d \xe9/index.html', 'x')
    const name = Buffer.from('/d \xe9', 'utf8').toString('latin1')
    const answer = await answerTo(name, { query: 'a=b&c=%20' })
    expect([answer.status, field(answer, 'location')]).toEqual([301, '/d%20%C3%A9/?a=b&c=%20'])
  })

  it('redirects the prefix of its own mount', async () => {
    directory.write('index.html', 'x')
    const answer = await answerTo('/media', { scriptName: '/media' })
    expect([answer.status, field(answer, 'location')]).toEqual([301, '/media/'])
    expect(await textOf('/media/', { scriptName: '/media' })).toBe('200 x')
  })

  it('never redirects to another host or into another field', async () => {
    directory.write('evil.test/index.html', 'x')
    directory.write('a\r\nX: y/index.html', 'x')
    const slashes = await answerTo('//evil.test', { scriptName: '/' })
    expect(field(slashes, 'location')).toBe('/evil.test/')
    const crlf = await answerTo('/a\r\nX: y', { query: 'q\r\nZ: 1' })
    expect(field(crlf, 'location')).toBe('/a%0D%0AX:%20y/?q%0D%0AZ:%201')
  })

  it('answers what does not exist with the fallback, and only that', async () => {
    directory.write('app.html', 'app')
    directory.write('a.txt', 'a')
    const options = { fallback: '/app.html' }
    expect(await textOf('/some/route', { options })).toBe('200 app')
    expect(await textOf('/', { options })).toBe('200 app')
    expect(await textOf('/a.txt', { options })).toBe('200 a')
    expect((await answerTo('/.env', { options })).status).toBe(404)
    expect(field(await answerTo('/some/route.js', { options }), 'content-type')).toBe(
      'text/html; charset=utf-8',
    )
    expect((await ask('/x', { options: { fallback: 'none.html' } })).kind).toBe('passed')
  })

  it('sends max-age and the types of the configuration', async () => {
    directory.write('a.txt', 'hello')
    const answer = await answerTo('/a.txt', { options: { cache: 60, types: { TXT: 'text/x-own' } } })
    expect([field(answer, 'cache-control'), field(answer, 'content-type')]).toEqual([
      'max-age=60',
      'text/x-own',
    ])
  })

  it('answers 304 and 412 without a body', async () => {
    directory.write('a.txt', 'hello')
    const options = { cache: 60 }
    const etag = field(await answerTo('/a.txt'), 'etag') ?? ''
    const unchanged = await answerTo('/a.txt', { options, fields: ['If-None-Match', etag] })
    expect([unchanged.status, unchanged.body]).toEqual([304, undefined])
    expect(unchanged.fields).toEqual(['ETag', etag, 'Cache-Control', 'max-age=60'])
    const failed = await answerTo('/a.txt', { options, fields: ['If-Match', '"x"'] })
    expect([failed.status, failed.body]).toEqual([412, undefined])
    expect((await ask('/none', { fields: ['If-Match', '"x"'] })).kind).toBe('passed')
  })

  it('changes the tag when a file is rewritten in place or replaced within the second', async () => {
    const tag = async () => field(await answerTo('/a.txt'), 'etag')
    const path = directory.write('a.txt', 'one')
    utimesSync(path, 1_000_000_000.25, 1_000_000_000.25)
    const first = await tag()
    directory.write('a.txt', 'two')
    utimesSync(path, 1_000_000_000.5, 1_000_000_000.5)
    const second = await tag()
    const other = directory.write('b.txt', 'six')
    utimesSync(other, 1_000_000_000.5, 1_000_000_000.5)
    renameSync(other, path)
    expect(new Set([first, second, await tag()]).size).toBe(3)
  })

  it('changes the tag when a rewritten file gets the time back that it had', async () => {
    const path = directory.write('a.txt', 'one')
    utimesSync(path, 1_000_000_000, 1_000_000_000)
    const before = await answerTo('/a.txt')
    const changed = statSync(path, { bigint: true }).ctimeNs
    // The kernel's clock for files has a tick: the next one comes within milliseconds.
    do {
      directory.write('a.txt', 'two')
      utimesSync(path, 1_000_000_000, 1_000_000_000)
    } while (statSync(path, { bigint: true }).ctimeNs === changed)
    const after = await answerTo('/a.txt')
    expect(field(after, 'last-modified')).toBe(field(before, 'last-modified'))
    expect(field(after, 'etag')).not.toBe(field(before, 'etag'))
  })
})

// Neighbours that hold a file in a content coding: who gets which, and what is never taken.

import { chmodSync, mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesHandler, startFiles } from '../../../test/double/ask-files.ts'
import { ServedDirectory } from '../../../test/double/served-directory.ts'
import type { Answer } from '../../http/exchange.ts'
import { firstField } from '../../http/fields.ts'
import type { FilesOptions } from './files.ts'

let directory: ServedDirectory
beforeEach(() => {
  directory = new ServedDirectory()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

interface Ask {
  readonly options?: Partial<FilesOptions>
  readonly method?: string
  readonly fields?: readonly string[]
}

async function ask(path: string, accept: string | undefined, request: Ask = {}): Promise<Answer> {
  const handler = filesHandler(directory.root, { precompressed: true, ...request.options })
  const fields = [...(accept === undefined ? [] : ['Accept-Encoding', accept]), ...(request.fields ?? [])]
  const outcome = await startFiles(handler, { method: request.method ?? 'GET', path, fields }).outcome
  if (outcome.kind !== 'answer') throw new Error(`${outcome.kind} instead of an answer`)
  return outcome.answer
}

const field = (answer: Answer, name: string): string | undefined => firstField(answer.fields, name)
const seen = async (path: string, accept?: string, request: Ask = {}): Promise<unknown> => {
  const answer = await ask(path, accept, request)
  const coding = field(answer, 'content-encoding') ?? 'identity'
  return answer.status === 200 ? `${coding} ${answer.body}` : answer.status
}

function writeAll(name = 'a.js'): void {
  directory.write(name, 'plain')
  for (const ending of ['br', 'zst', 'gz']) directory.write(`${name}.${ending}`, ending)
}

describe('precompressed neighbours', () => {
  it('stand for the file where the client takes them, in its order', async () => {
    writeAll()
    expect(await seen('/a.js')).toBe('identity plain')
    expect(await seen('/a.js', 'gzip, deflate, br, zstd')).toBe('br br')
    expect(await seen('/a.js', 'gzip, zstd')).toBe('zstd zst')
    expect(await seen('/a.js', 'gzip, br;q=0.9')).toBe('gzip gz')
    expect(await seen('/a.js', 'gzip;q=0')).toBe('identity plain')
    expect(await seen('/a.js', 'identity, *;q=0')).toBe('identity plain')
    expect(await seen('/a.js', 'br', { options: { precompressed: false } })).toBe('identity plain')
  })

  it('keep the media type and have a tag of their own, and all variants say that they vary', async () => {
    writeAll()
    const answers = await Promise.all([undefined, 'br', 'zstd', 'gzip'].map((accept) => ask('/a.js', accept)))
    for (const answer of answers) {
      expect(field(answer, 'content-type')).toBe('text/javascript; charset=utf-8')
      expect(field(answer, 'vary')).toBe('Accept-Encoding')
    }
    expect(new Set(answers.map((answer) => field(answer, 'etag'))).size).toBe(4)
    const etag = field(answers[1] as Answer, 'etag') ?? ''
    const unchanged = await ask('/a.js', 'br', { fields: ['If-None-Match', etag] })
    expect([unchanged.status, unchanged.fields]).toEqual([304, ['ETag', etag, 'Vary', 'Accept-Encoding']])
    expect((await ask('/a.js', 'gzip', { fields: ['If-None-Match', etag] })).status).toBe(200)
  })

  it('vary also where there is no neighbour yet, and nothing varies without the setting', async () => {
    directory.write('a.js', 'plain')
    expect(field(await ask('/a.js', 'br'), 'vary')).toBe('Accept-Encoding')
    expect(field(await ask('/a.js', 'br', { options: { precompressed: false } }), 'vary')).toBeUndefined()
  })

  it('are given whole: a range is one of the file itself', async () => {
    writeAll()
    const fields = ['Range', 'bytes=0-1']
    const encoded = await ask('/a.js', 'br', { fields })
    expect([encoded.status, field(encoded, 'accept-ranges')]).toEqual([200, undefined])
    const plain = await ask('/a.js', 'identity', { fields })
    expect([plain.status, String(plain.body), field(plain, 'vary')]).toEqual([206, 'pl', 'Accept-Encoding'])
  })

  it('are not taken when they are older than the file', async () => {
    writeAll()
    const at = (name: string, seconds: number) => utimesSync(join(directory.root, name), seconds, seconds)
    at('a.js', 1_000_000_000.5)
    at('a.js.br', 1_000_000_000.25)
    at('a.js.zst', 1_000_000_000)
    at('a.js.gz', 1_000_000_000.5)
    expect(await seen('/a.js', 'br, gzip, zstd')).toBe('gzip gz')
  })

  it('leave the file as it is when none is left that the client takes', async () => {
    directory.write('a.js', 'plain')
    directory.write('a.js.gz', 'gz')
    expect(await seen('/a.js', 'gzip, identity;q=0')).toBe('gzip gz')
    expect(await seen('/a.js', 'br, identity;q=0')).toBe('identity plain')
    expect(field(await ask('/a.js', 'br, identity;q=0'), 'vary')).toBe('Accept-Encoding')
    expect(await seen('/a.js', '*;q=0')).toBe('identity plain')
  })

  it('serve index and fallback, too', async () => {
    writeAll('d/index.html')
    expect(await seen('/d/', 'br')).toBe('br br')
    expect(await seen('/none', 'gzip', { options: { fallback: '/d/index.html' } })).toBe('gzip gz')
    expect(field(await ask('/d/', 'br'), 'content-type')).toBe('text/html; charset=utf-8')
  })

  it('open no way past the rules', async () => {
    directory.write('a.js', 'plain')
    writeFileSync(join(directory.top, 'outside.br'), 'SECRET')
    symlinkSync('../outside.br', join(directory.root, 'a.js.br'))
    directory.write('.env', 'dot')
    directory.write('.env.gz', 'SECRET')
    directory.write('only.js.br', 'no file of its own')
    symlinkSync('../secret.txt', join(directory.root, 'out'))
    directory.write('out.br', 'SECRET')
    mkdirSync(join(directory.root, 'a.js.gz'))
    expect(await seen('/a.js', 'br, gzip')).toBe('identity plain')
    expect(await seen('/a.js', 'br', { options: { symlinks: 'any' } })).toBe('br SECRET')
    expect([await seen('/.env', 'gzip'), await seen('/.env.gz', 'gzip'), await seen('/out', 'br')]).toEqual([
      404, 404, 404,
    ])
    await expect(ask('/only.js', 'br')).rejects.toThrow('passed')
  })

  it('answer HEAD with what GET would say', async () => {
    writeAll()
    const [get, head] = await Promise.all([ask('/a.js', 'br'), ask('/a.js', 'br', { method: 'HEAD' })])
    expect(head.fields).toEqual(get.fields)
  })

  it('hold no descriptor, whatever is found', async () => {
    writeAll()
    chmodSync(join(directory.root, 'a.js.br'), 0o600)
    renameSync(join(directory.root, 'a.js.zst'), join(directory.root, 'b'))
    await Promise.all(Array.from({ length: 50 }, () => ask('/a.js', 'br;q=0.1, zstd, gzip;q=0.5')))
  })
})

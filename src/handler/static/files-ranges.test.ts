// Parts of files: what Range, If-Range and the conditions before them lead to.

import { utimesSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { filesHandler, startFiles } from '../../../test/double/ask-files.ts'
import { CollectingSink } from '../../../test/double/output-sink.ts'
import { ServedDirectory } from '../../../test/double/served-directory.ts'
import type { Answer } from '../../http/exchange.ts'
import { firstField } from '../../http/fields.ts'

let directory: ServedDirectory
beforeEach(() => {
  directory = new ServedDirectory()
})
afterEach(async () => {
  await directory.allClosed()
  directory.remove()
})

const digits = '0123456789'.repeat(100)
/** Too large to be held in memory. */
const large = Buffer.from(Array.from({ length: 1_500_000 }, (_, i) => (i * 7 + (i >> 8) + (i >> 16)) & 0xff))

async function ask(path: string, fields: readonly string[], method = 'GET'): Promise<Answer> {
  const outcome = await startFiles(filesHandler(directory.root), { path, fields, method }).outcome
  if (outcome.kind !== 'answer') throw new Error(`${outcome.kind} instead of an answer`)
  return outcome.answer
}

async function octetsOf({ body }: Answer): Promise<Buffer> {
  if (body === undefined || Buffer.isBuffer(body)) return body ?? Buffer.alloc(0)
  const sink = new CollectingSink(() => true)
  body.source.start(sink)
  expect((await sink.ending).kind).toBe('end')
  expect(sink.bytes.length).toBe(body.length)
  return sink.bytes
}

const field = (answer: Answer, name: string): string | undefined => firstField(answer.fields, name)

describe('a range of a file', () => {
  it('is a 206 with Content-Range and the fields of the whole', async () => {
    directory.write('a.txt', digits)
    const whole = await ask('/a.txt', [])
    const part = await ask('/a.txt', ['Range', 'bytes=5-8'])
    expect([part.status, String(part.body)]).toEqual([206, '5678'])
    expect(part.fields).toEqual([...whole.fields, 'Content-Range', 'bytes 5-8/1000'])
    expect(field(whole, 'accept-ranges')).toBe('bytes')
  })

  it('comes from a streamed file, too, octet for octet', async () => {
    directory.write('large', large)
    for (const [value, start, end] of [
      ['bytes=1400000-', 1_400_000, 1_500_000],
      ['bytes=-3', 1_499_997, 1_500_000],
      ['bytes=100-400000', 100, 400_001],
    ] as const) {
      const part = await ask('/large', ['Range', value])
      expect(part.status).toBe(206)
      expect((await octetsOf(part)).equals(large.subarray(start, end))).toBe(true)
    }
  })

  it('is 416 where there is nothing, with the length there is', async () => {
    directory.write('a.txt', digits)
    const answer = await ask('/a.txt', ['Range', 'bytes=1000-'])
    expect([answer.status, field(answer, 'content-range'), answer.body]).toEqual([
      416,
      'bytes */1000',
      undefined,
    ])
  })

  it('is the whole for HEAD, for an empty file, and for two Range fields', async () => {
    directory.write('a.txt', digits)
    directory.write('empty', '')
    expect((await ask('/a.txt', ['Range', 'bytes=0-1'], 'HEAD')).status).toBe(200)
    expect((await ask('/empty', ['Range', 'bytes=0-1'])).status).toBe(200)
    expect((await ask('/a.txt', ['Range', 'bytes=0-1', 'Range', 'bytes=0-1'])).status).toBe(200)
  })
})

describe('several ranges', () => {
  const parts = (type: string | undefined, text: string): string[] => {
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(type ?? '')?.[1]
    if (boundary === undefined) throw new Error(`no boundary in ${type}`)
    const [first, ...rest] = text.split(`--${boundary}`)
    expect([first, rest.pop()]).toEqual(['', '--\r\n'])
    return rest
  }

  it('are parts with their type and range, in the order of the request', async () => {
    directory.write('a.txt', digits)
    const answer = await ask('/a.txt', ['Range', 'bytes=500-503, 0-1, 2000-'])
    expect([answer.status, field(answer, 'content-range')]).toEqual([206, undefined])
    const text = (await octetsOf(answer)).toString('latin1')
    const head = (range: string) =>
      `\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: ${range}\r\n\r\n`
    expect(parts(field(answer, 'content-type'), text)).toEqual([
      `${head('bytes 500-503/1000')}0123\r\n`,
      `${head('bytes 0-1/1000')}01\r\n`,
    ])
  })

  it('are announced with their length when they are streamed', async () => {
    directory.write('large', large)
    const answer = await ask('/large', ['Range', 'bytes=0-299999,700000-1100000'])
    const text = (await octetsOf(answer)).toString('latin1')
    const [one = '', two = ''] = parts(field(answer, 'content-type'), text)
    expect(one.endsWith(`\r\n\r\n${large.toString('latin1', 0, 300_000)}\r\n`)).toBe(true)
    expect(two.endsWith(`\r\n\r\n${large.toString('latin1', 700_000, 1_100_001)}\r\n`)).toBe(true)
  })

  it('never make an answer larger than the file and what its parts cost', async () => {
    directory.write('a.txt', digits)
    const many = Array.from({ length: 1000 }, () => '0-').join(',')
    expect((await ask('/a.txt', ['Range', `bytes=${many}`])).status).toBe(200)
    const overlapping = await ask('/a.txt', [
      'Range',
      `bytes=${Array.from({ length: 60 }, (_, i) => `${i}-`)}`,
    ])
    expect([overlapping.status, field(overlapping, 'content-range')]).toEqual([206, 'bytes 0-999/1000'])
  })
})

describe('conditions before a range', () => {
  it('let If-Range through for the same strong tag and the same date only', async () => {
    utimesSync(directory.write('a.txt', digits), 1_000_000_000.5, 1_000_000_000.5)
    const etag = field(await ask('/a.txt', []), 'etag') ?? ''
    const statusFor = async (value: string) =>
      (await ask('/a.txt', ['Range', 'bytes=0-1', 'If-Range', value])).status
    expect(await statusFor(etag)).toBe(206)
    expect(await statusFor('Sun, 09 Sep 2001 01:46:40 GMT')).toBe(206)
    expect(await statusFor('Sunday, 09-Sep-01 01:46:40 GMT')).toBe(206)
    for (const value of [
      `W/${etag}`,
      `${etag}, ${etag}`,
      '"other"',
      '*',
      'Sun, 09 Sep 2001 01:46:41 GMT',
      'Sun, 09 Sep 2001 01:46:39 GMT',
      'yesterday',
      '',
    ]) {
      expect([value, await statusFor(value)]).toEqual([value, 200])
    }
  })

  it('do not take the date of a file that has only just changed', async () => {
    directory.write('a.txt', digits)
    const date = field(await ask('/a.txt', []), 'last-modified') ?? ''
    expect((await ask('/a.txt', ['Range', 'bytes=0-1', 'If-Range', date])).status).toBe(200)
  })

  it('come first, in the order of the specification', async () => {
    directory.write('a.txt', digits)
    const etag = field(await ask('/a.txt', []), 'etag') ?? ''
    const range = ['Range', 'bytes=5000-']
    expect((await ask('/a.txt', [...range, 'If-None-Match', etag])).status).toBe(304)
    expect((await ask('/a.txt', [...range, 'If-Match', '"x"', 'If-None-Match', etag])).status).toBe(412)
    expect((await ask('/a.txt', [...range, 'If-Match', etag])).status).toBe(416)
    expect((await ask('/a.txt', [...range, 'If-Range', '"x"'])).status).toBe(200)
  })
})

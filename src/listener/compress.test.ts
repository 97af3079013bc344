import { brotliDecompressSync, createGunzip, gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PorticoError } from '../failure.ts'
import type { Answer, OutputSink, OutputSource } from '../http/exchange.ts'
import { firstField } from '../http/fields.ts'
import type { RequestHead } from '../http/head.ts'
import { Compression } from './compress.ts'

const compression = new Compression({ types: ['text/*', '*+json'], min: 1000, applications: true })
const text = Buffer.from('some text that gets smaller. '.repeat(200))

function head(fields: readonly string[] = ['Accept-Encoding', 'gzip'], method = 'GET'): RequestHead {
  return {
    method,
    target: { kind: 'origin', raw: '/', path: '/', query: '', authority: undefined },
    version: 11,
    fields,
    framing: { kind: 'none' },
    authority: '',
    keepAlive: true,
    expectsContinue: false,
  }
}

function answer(fields: readonly string[] = [], more: Partial<Answer> = {}): Answer {
  return { status: 200, fields: ['Content-Type', 'text/plain', ...fields], body: text, ...more }
}

/** The coding, or '' where the answer is as it was; with a star where Vary is said. */
function codingOf(given: Answer, request = head(), kind = 'files', by = compression): string {
  const { fields } = by.encode(given, request, kind)
  const vary = firstField(fields, 'vary')?.includes('Accept-Encoding') === true ? '*' : ''
  return `${firstField(fields, 'content-encoding') ?? ''}${vary}`
}

class Source implements OutputSource {
  sink: OutputSink | undefined
  cancelled = false
  resumed = 0
  start(sink: OutputSink): void {
    this.sink = sink
  }
  resume(): void {
    this.resumed++
  }
  cancel(): void {
    this.cancelled = true
  }
}

class Sink implements OutputSink {
  readonly pieces: Buffer[] = []
  open = true
  over = ''
  write(bytes: Buffer): boolean {
    this.pieces.push(bytes)
    return this.open
  }
  end(): void {
    this.over = 'end'
  }
  fail(failure: PorticoError): void {
    this.over = failure.code
  }
}

/** A streamed answer that is being compressed. */
function streamed(kind = 'wsgi', length?: number) {
  const [source, sink] = [new Source(), new Sink()]
  const { body } = compression.encode(answer([], { body: { length, source } }), head(), kind)
  if (body === undefined || Buffer.isBuffer(body)) throw new Error('no stream')
  expect(body.length).toBeUndefined()
  body.source.start(sink)
  return { source, sink, outer: body.source }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('Compression', () => {
  it('gives whole answers whole, with their own fields', () => {
    const { fields, body } = compression.encode(
      answer(['ETag', '"a"', 'Accept-Ranges', 'bytes', 'Vary', 'Cookie']),
      head(['Accept-Encoding', 'gzip;q=0.5, br']),
      'files',
    )
    expect(fields).toEqual(
      ['Content-Type', 'text/plain', 'ETag', 'W/"a"', 'Vary', 'Cookie, Accept-Encoding'].concat([
        'Content-Encoding',
        'br',
      ]),
    )
    expect(brotliDecompressSync(body as Buffer).equals(text)).toBe(true)
  })

  it('leaves alone what it should', () => {
    expect(codingOf(answer())).toBe('gzip*')
    expect(codingOf(answer(), head([]))).toBe('*')
    expect(codingOf(answer(), head(['Accept-Encoding', 'gzip;q=0']))).toBe('*')
    expect(codingOf(answer(['Content-Encoding', 'br']))).toBe('br')
    for (const field of ['Content-Range', 'Content-MD5', 'Repr-Digest'])
      expect(codingOf(answer([field, 'x']))).toBe('')
    expect(codingOf(answer(['Cache-Control', 'public, No-Transform']))).toBe('')
    expect(codingOf(answer(), head(['Accept-Encoding', 'gzip', 'Cache-Control', 'no-transform']))).toBe('*')
    for (const status of [201, 204, 302]) expect(codingOf(answer([], { status }))).toBe('')
    // A part is not compressed, but says that the whole may be.
    expect(codingOf(answer([], { status: 206 }))).toBe('*')
    const parts = ['Content-Type', 'multipart/byteranges; boundary=b']
    expect(codingOf(answer([], { status: 206, fields: parts }))).toBe('*')
    expect(codingOf(answer([], { status: 206, fields: ['Content-Type', 'image/png'] }))).toBe('')
    expect(codingOf(answer([], { status: 404 }))).toBe('gzip*')
    expect(codingOf(answer([], { body: text.subarray(0, 999) }))).toBe('')
    for (const type of ['image/png', 'text/event-stream', 'application/json'])
      expect(codingOf(answer([], { fields: ['Content-Type', type] }))).toBe('')
    expect(codingOf(answer([], { fields: ['content-type', 'application/ld+json;x=y'] }))).toBe('gzip*')
  })

  it('takes answers of applications only when asked', () => {
    const files = new Compression({ types: ['text/*'], min: 0, applications: false })
    expect(codingOf(answer(), head(), 'files', files)).toBe('gzip*')
    expect(codingOf(answer(), head(), 'wsgi', files)).toBe('')
    expect(codingOf(answer([], { body: undefined }), head(), 'files', files)).toBe('')
  })

  it('says to HEAD what it says to GET', () => {
    const request = head(undefined, 'HEAD')
    const given = answer(['ETag', '"a"'], { body: undefined, length: 5000 })
    const { fields, body, length } = compression.encode(given, request, 'files')
    expect([firstField(fields, 'content-encoding'), firstField(fields, 'etag')]).toEqual(['gzip', 'W/"a"'])
    expect([body, length]).toEqual([undefined, undefined])
    expect(compression.encode(answer(), request, 'files').body).toBeUndefined()
    const source = new Source()
    const opened = answer([], { body: { length: 5000, source } })
    expect(compression.encode(opened, request, 'files').body).toEqual({ length: undefined, source })
    expect(codingOf(answer([], { body: undefined, length: 999 }), request)).toBe('')
  })

  it('confirms the tag that the client has', () => {
    const given: Answer = { status: 304, fields: ['ETag', '"a"'], body: undefined }
    const tag = (asked: string) =>
      compression.encode(given, head(['If-None-Match', asked]), 'files').fields.slice(0, 4)
    expect(tag('W/"a"')).toEqual(['ETag', 'W/"a"', 'Vary', 'Accept-Encoding'])
    expect(tag('"a"')).toEqual(['ETag', '"a"', 'Vary', 'Accept-Encoding'])
  })

  it('gives each piece of a stream at once', async () => {
    const { source, sink } = streamed()
    const gunzip = createGunzip()
    let seen = ''
    gunzip.on('data', (bytes: Buffer) => {
      seen += bytes.toString()
    })
    let given = 0
    for (let i = 0; i < 5; i++) {
      source.sink?.write(Buffer.from(`piece ${i}.`))
      await until(() => {
        while (given < sink.pieces.length) gunzip.write(sink.pieces[given++])
        return seen.endsWith(`piece ${i}.`)
      })
    }
    source.sink?.end()
    await until(() => sink.over === 'end')
    expect(gunzipSync(Buffer.concat(sink.pieces)).toString()).toBe(seen)
  })

  it('holds the source back while its sink has no room', async () => {
    const { source, sink, outer } = streamed('files', 10_000_000)
    sink.open = false
    const noise = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919 * (i % 251)) & 255))
    let taken = 0
    while (taken < 1000 && source.sink?.write(noise) === true) taken++
    expect(taken).toBeLessThan(10)
    const resumed = source.resumed
    sink.open = true
    outer.resume()
    await until(() => source.resumed > resumed)
    source.sink?.end()
    await until(() => sink.over === 'end')
    expect(gunzipSync(Buffer.concat(sink.pieces)).length).toBe(noise.length * (taken + 1))
  })

  it('never makes a stream look complete that was cut short', async () => {
    const { source, sink } = streamed()
    source.sink?.write(text)
    source.sink?.fail(new PorticoError('E_OUTPUT_CUT_SHORT'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(sink.over).toBe('E_OUTPUT_CUT_SHORT')
  })

  it('compresses a bounded number of streams, and frees them', () => {
    const open = Array.from({ length: 64 }, () => streamed())
    const more = () => codingOf(answer([], { body: { length: undefined, source: new Source() } }))
    expect(more()).toBe('*')
    for (const { outer, source } of open) {
      outer.cancel()
      outer.cancel()
      expect(source.cancelled).toBe(true)
    }
    expect(more()).toBe('gzip*')
  })
})

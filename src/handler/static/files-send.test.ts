// A second opinion on conditions and ranges: the npm package send, asked the same. Where it is known to be wrong, or to do
// less, stands in a list with the reason and a request that shows it.

import { once } from 'node:events'
import { utimesSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import send from 'send'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { filesHandler, startFiles } from '../../../test/double/ask-files.ts'
import { ServedDirectory } from '../../../test/double/served-directory.ts'
import { firstField } from '../../http/fields.ts'

const digits = '0123456789'.repeat(100)
const changed = 1_000_000_000
const dates = {
  same: new Date(changed * 1000).toUTCString(),
  earlier: new Date((changed - 60) * 1000).toUTCString(),
  later: new Date((changed + 60) * 1000).toUTCString(),
}

interface Asked {
  readonly method: string
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  readonly ifModifiedSince: string | undefined
  readonly ifUnmodifiedSince: string | undefined
}

const names: Readonly<Record<keyof Asked, string>> = {
  method: '',
  range: 'Range',
  ifRange: 'If-Range',
  ifMatch: 'If-Match',
  ifNoneMatch: 'If-None-Match',
  ifModifiedSince: 'If-Modified-Since',
  ifUnmodifiedSince: 'If-Unmodified-Since',
}

const plain: Asked = {
  method: 'GET',
  range: undefined,
  ifRange: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  ifModifiedSince: undefined,
  ifUnmodifiedSince: undefined,
}

interface Difference {
  readonly why: string
  readonly applies: (asked: Asked) => boolean
  /** A request that shows it. */
  readonly shown: Partial<Asked>
}

const differences: readonly Difference[] = [
  {
    why: 'send knows no multipart/byteranges and answers several ranges with the whole',
    applies: ({ range }) => range?.includes(',') === true,
    shown: { range: 'bytes=0-1,500-501' },
  },
  {
    why: 'send gives a part to HEAD; RFC 9110 section 14.2 defines ranges for GET only',
    applies: ({ method, range }) => method === 'HEAD' && range !== undefined,
    shown: { method: 'HEAD', range: 'bytes=0-8' },
  },
  {
    why: 'send answers 416 to a Range that is not valid; section 14.2 has it ignored',
    applies: ({ range }) => range !== undefined && /abc|5-3/.test(range),
    shown: { range: 'bytes=5-3' },
  },
  {
    why: 'send answers 416 to a suffix longer than the file; section 14.1.2 makes that the whole file',
    applies: ({ range }) => range === 'bytes=-2000',
    shown: { range: 'bytes=-2000' },
  },
  {
    why: 'send compares the tag of If-Range weakly; section 13.1.5 wants a strong comparison',
    applies: ({ range, ifRange }) => range !== undefined && ifRange?.includes('TAG') === true,
    shown: { range: 'bytes=0-8', ifRange: 'W/TAG' },
  },
  {
    why: 'send takes an If-Range date that is later than Last-Modified; section 13.1.5 wants the same',
    applies: ({ range, ifRange }) => range !== undefined && ifRange === dates.later,
    shown: { range: 'bytes=0-8', ifRange: dates.later },
  },
  {
    why: 'send compares If-Match weakly; section 13.1.1 wants a strong comparison',
    applies: ({ ifMatch }) => ifMatch?.includes('TAG') === true,
    shown: { ifMatch: 'W/TAG' },
  },
]

const maybe = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined })
const tags = ['TAG', 'W/TAG', '"other"', '"other", TAG']
const days = [dates.same, dates.earlier, dates.later, 'garbage']
const ranges = [
  ...['bytes=0-8', 'bytes=990-', 'bytes=-10', 'bytes=-2000', 'bytes=1000-', 'bytes=0-99999', 'bytes=-0'],
  ...['bytes=0-1,500-501', 'bytes=abc', 'bytes=5-3', 'lines=0-1'],
]
const asked: fc.Arbitrary<Asked> = fc.record({
  method: fc.constantFrom('GET', 'HEAD'),
  range: maybe(...ranges),
  ifRange: maybe(...tags.slice(0, 3), ...days),
  ifMatch: maybe(...tags, '*'),
  ifNoneMatch: maybe(...tags, '*'),
  ifModifiedSince: maybe(...days),
  ifUnmodifiedSince: maybe(...days),
})

let directory: ServedDirectory
let server: Server
let etags: { readonly ours: string; readonly theirs: string }

beforeAll(async () => {
  directory = new ServedDirectory()
  utimesSync(directory.write('a.txt', digits), changed, changed)
  server = createServer((incoming, response) => {
    send(incoming, '/a.txt', { root: directory.root }).pipe(response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  etags = { ours: '', theirs: '' }
  const [ours, theirs] = await Promise.all([askUs(plain), askSend(plain)])
  etags = { ours: ours.etag, theirs: theirs.etag }
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  directory.remove()
})

function fieldsOf(request: Asked, etag: string): string[] {
  const opaque = etag.replace(/^W\//, '')
  return (Object.keys(names) as (keyof Asked)[]).flatMap((key) => {
    const value = request[key]
    return key === 'method' || value === undefined ? [] : [names[key], value.replaceAll('TAG', opaque)]
  })
}

interface Seen {
  readonly status: number
  readonly range: string
  readonly body: string
  readonly etag: string
}

async function askUs(request: Asked): Promise<Seen> {
  const { method } = request
  const fields = fieldsOf(request, etags.ours)
  const outcome = await startFiles(filesHandler(directory.root), { path: '/a.txt', method, fields }).outcome
  if (outcome.kind !== 'answer') throw new Error(outcome.kind)
  const { status, body, fields: answered } = outcome.answer
  return {
    status,
    range: firstField(answered, 'content-range') ?? '',
    body: method === 'HEAD' || !Buffer.isBuffer(body) || status >= 400 ? '' : body.toString('latin1'),
    etag: firstField(answered, 'etag') ?? '',
  }
}

function askSend(asked: Asked): Promise<Seen> {
  const { port } = server.address() as AddressInfo
  const headers: Record<string, string> = {}
  const fields = fieldsOf(asked, etags.theirs)
  for (let i = 0; i < fields.length; i += 2) headers[fields[i] as string] = fields[i + 1] as string
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', method: asked.method, headers }, async (answer) => {
      const pieces = await answer.setEncoding('latin1').toArray()
      const status = answer.statusCode ?? 0
      resolve({
        status,
        range: String(answer.headers['content-range'] ?? ''),
        body: status >= 400 ? '' : pieces.join(''),
        etag: answer.headers.etag ?? '',
      })
    })
      .on('error', reject)
      .end()
  })
}

it('answers conditions and ranges as send does, but for what is listed', async () => {
  await fc.assert(
    fc.asyncProperty(asked, async (request) => {
      if (differences.some(({ applies }) => applies(request))) return
      expect(await seenBy(askUs, request)).toEqual(await seenBy(askSend, request))
    }),
    { numRuns: 1000 },
  )
}, 30_000)

it.each(differences)('$why', async ({ shown }) => {
  const request = { ...plain, ...shown }
  expect(await seenBy(askUs, request)).not.toEqual(await seenBy(askSend, request))
})

/** What was seen but for the tag, which each of the two makes in its own way. */
async function seenBy(ask: (request: Asked) => Promise<Seen>, request: Asked): Promise<unknown> {
  return { ...(await ask(request)), etag: '' }
}

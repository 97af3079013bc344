// Golden transcripts of FastCGI: each file holds the bytes in hexadecimal (with comments) and the events they mean.
// Every transcript is fed whole, octet by octet and cut in two at every place. UPDATE=1 rewrites the events.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  encodeAbort,
  encodeBegin,
  encodeEnd,
  encodeRecord,
  encodeStream,
  encodeStreamEnd,
  encodeUnknownType,
  maxContentBytes,
  protocolStatus,
  RecordDecoder,
  recordType,
  role,
} from '../../../src/wire/fastcgi.ts'
import { decodePairs, encodePair, pairBytes } from '../../../src/wire/fastcgi-params.ts'

const folder = import.meta.dirname
const names = Object.fromEntries(Object.entries(recordType).map(([name, type]) => [type, name]))

interface Transcript {
  readonly comment: string
  readonly bytes: Buffer
  readonly hex: string
  readonly events: string
}

function read(path: string): Transcript {
  const text = readFileSync(path, 'utf8')
  const [comment = '', rest = ''] = text.split('--- bytes\n')
  const [hex = '', events = ''] = rest.split('--- events\n')
  return { comment, hex, events, bytes: Buffer.from(hex.replace(/#.*$/gm, '').replace(/\s+/g, ''), 'hex') }
}

function decode(chunks: readonly Buffer[]): string {
  const decoder = new RecordDecoder()
  const lines: string[] = []
  let open = ''
  let content = Buffer.alloc(0)
  const sink = {
    record: (type: number, id: number, piece: Buffer, last: boolean) => {
      open = `${names[type] ?? `type ${type}`} #${id}`
      content = Buffer.concat([content, piece])
      if (!last) return
      lines.push(`${open} ${describeContent(type, content)}`.trimEnd())
      content = Buffer.alloc(0)
      open = ''
    },
    malformed: (why: string) => {
      lines.push(`malformed: ${why}`)
    },
  }
  for (const chunk of chunks) decoder.push(chunk, sink)
  if (open !== '') lines.push(`${open} incomplete after ${content.length}`)
  else if (!decoder.atBoundary && !lines.at(-1)?.startsWith('malformed')) lines.push('incomplete')
  return `${lines.join('\n')}\n`
}

function describeContent(type: number, content: Buffer): string {
  if (type === recordType.params || type === recordType.getValues || type === recordType.getValuesResult) {
    const decoded = decodePairs(content)
    return decoded.kind === 'ok' ? JSON.stringify(decoded.pairs) : `bad: ${decoded.why}`
  }
  if (type === recordType.stdin || type === recordType.stdout || type === recordType.stderr) {
    return JSON.stringify(content.toString('latin1'))
  }
  return content.toString('hex')
}

describe('RecordDecoder on golden transcripts', () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith('.txt')))('reads %s in any chunking', (name) => {
    const path = join(folder, name)
    const transcript = read(path)
    const whole = decode([transcript.bytes])
    if (process.env.UPDATE === '1') {
      writeFileSync(path, `${transcript.comment}--- bytes\n${transcript.hex}--- events\n${whole}`)
    } else expect(whole).toBe(transcript.events)
    expect(decode([...transcript.bytes].map((octet) => Buffer.from([octet])))).toBe(whole)
    for (let cut = 1; cut < transcript.bytes.length; cut++) {
      expect(decode([transcript.bytes.subarray(0, cut), transcript.bytes.subarray(cut)])).toBe(whole)
    }
  })
})

describe('the encoders', () => {
  it('write what the golden responder transcript holds', () => {
    const { bytes } = read(join(folder, 'responder-request.txt'))
    const params = Buffer.from(
      encodePair('REQUEST_METHOD', 'POST') + encodePair('CONTENT_LENGTH', '2'),
      'latin1',
    )
    const written = Buffer.concat([
      encodeBegin(1, role.responder, true),
      encodeRecord(recordType.params, 1, params),
      encodeStreamEnd(recordType.params, 1),
      ...encodeStream(recordType.stdin, 1, Buffer.from('hi')),
      encodeStreamEnd(recordType.stdin, 1),
    ])
    expect(written.toString('hex')).toBe(bytes.toString('hex'))
  })

  it('write the server side as the golden answer transcript holds it', () => {
    const { bytes } = read(join(folder, 'refusals.txt'))
    const written = Buffer.concat([
      encodeEnd(3, 0, protocolStatus.unknownRole),
      encodeEnd(4, 0xffffffff, protocolStatus.overloaded),
      encodeUnknownType(42),
      encodeAbort(5),
    ])
    expect(written.toString('hex')).toBe(bytes.toString('hex'))
  })

  it('cut a long stream into records and give none for an empty one', () => {
    const content = Buffer.alloc(2 * maxContentBytes + 1, 'x')
    const records = encodeStream(recordType.stdin, 1, content)
    expect(records.map((part) => part.length)).toEqual([8, maxContentBytes, 8, maxContentBytes, 8, 1])
    expect(encodeStream(recordType.stdin, 1, Buffer.alloc(0))).toEqual([])
  })

  it('refuse a content that no record can hold', () => {
    expect(() => encodeRecord(recordType.params, 1, Buffer.alloc(0x10000))).toThrow(RangeError)
  })
})

describe('name-value pairs', () => {
  it('use the right length form at its borders', () => {
    for (const length of [0, 1, 127, 128, 16383, 65536]) {
      const value = 'v'.repeat(length)
      const text = encodePair('N', value)
      expect(text.length).toBe(pairBytes('N', value))
      expect(decodePairs(Buffer.from(text, 'latin1'))).toEqual({ kind: 'ok', pairs: ['N', value] })
    }
  })

  it('refuse a pair that reaches beyond its stream', () => {
    for (const hex of ['01', '0101', '010141', '80000001', '8000000101', 'ffffffff0141']) {
      expect(decodePairs(Buffer.from(hex, 'hex')).kind).toBe('bad')
    }
  })
})

// Any octets into the decoders of the wires: FastCGI records, heads of answers in either form, requests of SCGI and uwsgi, and
// whole calls that make them into an answer. Nothing but the named failures may come out, the same however the octets come, and
// nothing may be kept beyond what is named.

import { fastcgiGateway } from '../../src/gateway/fastcgi.ts'
import { foreignFastcgi } from '../../src/gateway/foreign-fastcgi.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { scgiGateway } from '../../src/gateway/scgi.ts'
import { findHeadEnd, parseCgiHead, parseEitherHead } from '../../src/wire/cgi-response.ts'
import { encodeEnd, encodeRecord, headerBytes, RecordDecoder, recordType } from '../../src/wire/fastcgi.ts'
import { encodeScgiRequest, readScgiRequest } from '../../src/wire/scgi.ts'
import { encodeUwsgiRequest, readUwsgiRequest } from '../../src/wire/uwsgi.ts'
import { callOutcome, maxHeadBytes, recordedOutput } from './gateway-call.ts'
import { mutate, type Words } from './mutate.ts'
import { Random } from './random.ts'

/** What is wrong with a decoder, and the octets that show it. */
export interface DecoderFault {
  readonly why: string
  readonly hex: string
}

type Check = (octets: Buffer, random: Random) => string | undefined

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

const heads = [
  'Content-Type: text/plain\r\n\r\n',
  'Status: 404 Not Found\nContent-Type: a/b\n\nbody',
  'Status: 200\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n',
  'Location: /x\n\r\n',
  '\r\n',
  '\nbody',
  'X: \xff\xe9\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd',
  'HTTP/1.0 404\nStatus: 200\n\n',
  'Status: 103\n\nHTTP/1.1 100 Continue\r\n\r\nContent-Length: 2\n\nab',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n',
].map(bytes)

const headWords: Words = {
  octets: [0, 9, 10, 13, 0x20, 0x3a, 0x30, 0x39, 0x41, 0x7f, 0x80, 0xff],
  pieces: [
    '\n',
    '\r\n',
    '\n\n',
    '\r\n\r\n',
    '\r\r\n',
    'Status: ',
    'Status: 099 x\n',
    ': ',
    'X: y\n',
    ' folded\n',
    'HTTP/1.1 ',
    'HTTP/1.1 103 x\n\n',
    'Content-Length: 1\n',
    'Transfer-Encoding: chunked\n',
    '2\r\n',
    '0\r\n\r\n',
  ].map(bytes),
}

const padded = Buffer.from('01060001000403006162630a000000', 'hex')
const end = encodeEnd(1, 0, 0)
const answers = heads.map((head) => Buffer.concat([encodeRecord(recordType.stdout, 1, head), padded, end]))
const streams = [
  ...answers,
  Buffer.concat([encodeRecord(recordType.stderr, 1, bytes('oh')), ...answers.slice(0, 2)]),
  Buffer.concat([
    encodeRecord(recordType.stdout, 1, bytes('Status')),
    encodeRecord(recordType.stderr, 1, bytes('!')),
    encodeRecord(recordType.stdout, 1, bytes(': 200\n\n')),
    encodeRecord(recordType.stdout, 1, Buffer.alloc(0)),
    end,
  ]),
  Buffer.concat([
    encodeRecord(recordType.params, 1, bytes('\x01\x01ab')),
    encodeRecord(recordType.getValues, 0, bytes('')),
  ]),
  encodeRecord(recordType.stdout, 1, Buffer.alloc(700, 'a')),
]

const recordWords: Words = {
  octets: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x7f, 0x80, 0xff],
  pieces: [
    ...[
      '0106000100000000',
      '0106000100ff0000',
      '01060001ffffff00',
      '0103000100080000',
      '0107000100010000',
    ].map((hex) => Buffer.from(hex, 'hex')),
    ...heads,
  ],
}

const pairs = ['REQUEST_METHOD', 'POST', 'X', '', 'Y', 'v'.repeat(200)]
const requests = [encodeScgiRequest(pairs, 2), encodeScgiRequest([], 0), encodeUwsgiRequest(pairs)].map(
  (encoded) => (encoded.kind === 'ok' ? encoded.bytes : Buffer.alloc(1)),
)

const requestWords: Words = {
  octets: [0, 1, 2, 0x2c, 0x30, 0x31, 0x39, 0x3a, 0x80, 0xff],
  pieces: ['CONTENT_LENGTH\x002\0', 'SCGI\x001\0', '24:', '0:,', '\0\0', '\x02\0ab', '\xff\xff'].map(bytes),
}

export function fuzzRecords(inputs: number, seed: number): DecoderFault[] {
  return fuzzWith(streams, recordWords, inputs, seed, checkRecords)
}

export function fuzzHeads(inputs: number, seed: number): DecoderFault[] {
  return fuzzWith(heads, headWords, inputs, seed, checkHead)
}

export function fuzzCalls(inputs: number, seed: number): DecoderFault[] {
  return fuzzWith(streams, recordWords, inputs, seed, checkCall)
}

export function fuzzForeignCalls(inputs: number, seed: number): DecoderFault[] {
  return fuzzWith(streams, recordWords, inputs, seed, checkForeignCall)
}

export function fuzzClosedCalls(inputs: number, seed: number): DecoderFault[] {
  return fuzzWith(heads, headWords, inputs, seed, checkClosedCall)
}

export function fuzzRequests(inputs: number, seed: number): DecoderFault[] {
  return fuzzWith(requests, requestWords, inputs, seed, checkRequest)
}

/** Stops at the tenth fault. */
function fuzzWith(
  corpus: readonly Buffer[],
  words: Words,
  inputs: number,
  seed: number,
  check: Check,
): DecoderFault[] {
  const random = new Random(seed)
  const faults: DecoderFault[] = []
  for (let left = inputs; left > 0 && faults.length < 10; left--) {
    const octets = mutate(random.pick(corpus), random, words, random.pick(corpus))
    const why = faultOf(check, octets, random)
    if (why !== undefined) faults.push({ why, hex: octets.toString('hex') })
  }
  return faults
}

function faultOf(check: Check, octets: Buffer, random: Random): string | undefined {
  try {
    return check(octets, random)
  } catch (thrown) {
    return `thrown: ${thrown instanceof Error ? thrown.stack : String(thrown)}`
  }
}

function randomPieces(octets: Buffer, random: Random): Buffer[] {
  const longest = random.pick([1, 3, 20, 4096])
  const pieces: Buffer[] = []
  for (let at = 0; at < octets.length; ) {
    const next = at + 1 + random.below(longest)
    pieces.push(octets.subarray(at, next))
    at = next
  }
  return pieces
}

interface Laid {
  readonly records: readonly string[]
  readonly state: 'boundary' | 'within' | 'malformed'
}

/** Records as the specification lays them out, found in octets that are all there. */
function recordsIn(octets: Buffer): Laid {
  const records: string[] = []
  let at = 0
  while (octets.length - at >= headerBytes) {
    if (octets[at] !== 1) return { records, state: 'malformed' }
    const content = at + headerBytes
    const contentEnd = content + octets.readUInt16BE(at + 4)
    if (contentEnd > octets.length) break
    const type = octets.readUInt8(at + 1)
    records.push(recordText(type, octets.readUInt16BE(at + 2), octets.subarray(content, contentEnd)))
    at = contentEnd + octets.readUInt8(at + 6)
  }
  return { records, state: at === octets.length ? 'boundary' : 'within' }
}

function recordText(type: number, id: number, content: Buffer): string {
  return `${type} ${id} ${content.toString('hex')}`
}

function checkRecords(octets: Buffer, random: Random): string | undefined {
  const decoder = new RecordDecoder()
  const records: string[] = []
  let open: Buffer[] = []
  let malformed = 0
  let fed = 0
  for (const piece of randomPieces(octets, random)) {
    decoder.push(piece, {
      record: (type, id, content, last) => {
        if (malformed > 0) throw new Error('a record behind what is malformed')
        open.push(Buffer.from(content))
        if (!last) return
        records.push(recordText(type, id, Buffer.concat(open)))
        open = []
      },
      malformed: () => {
        malformed++
      },
    })
    fed += piece.length
    const meant = recordsIn(octets.subarray(0, fed))
    // What was given is what there is: nothing but one record that is not whole can be kept.
    if (records.length !== meant.records.length) return `${records.length} records after ${fed} octets`
    if (malformed !== (meant.state === 'malformed' ? 1 : 0))
      return `malformed ${malformed} times after ${fed} octets`
    if (decoder.atBoundary !== (meant.state === 'boundary')) return `atBoundary is wrong after ${fed} octets`
  }
  return records.join() === recordsIn(octets).records.join() ? undefined : 'other records'
}

function checkHead(octets: Buffer, random: Random): string | undefined {
  const whole = findHeadEnd(octets)
  let have = Buffer.alloc(0)
  let found = -1
  for (const piece of randomPieces(octets, random)) {
    const from = Math.max(0, have.length - 3)
    have = Buffer.concat([have, piece])
    found = findHeadEnd(have, from)
    if (found >= 0) break
  }
  if (found !== whole) return `the head ends at ${whole}, in pieces at ${found}`
  const text = octets.toString('latin1', 0, whole < 0 ? octets.length : whole)
  return faultOfHead(parseCgiHead(text)) ?? faultOfHead(parseEitherHead(text))
}

function faultOfHead(head: ReturnType<typeof parseEitherHead>): string | undefined {
  if (head.kind === 'bad') return head.why === '' ? 'refused without a reason' : undefined
  if (head.status < 100 || head.status > 599) return `status ${head.status}`
  if (head.fields.length % 2 !== 0) return 'a name without a value'
  return /[\0\r\n]/.test(head.fields.join('') + (head.reason ?? '')) ? 'a line end in a field' : undefined
}

function checkCall(octets: Buffer, random: Random): string | undefined {
  const closes = random.pick(['end', 'break'] as const)
  const whole = callOutcome(fastcgiGateway, [octets], closes, recordedOutput)
  if (whole.unansweredBytes > maxHeadBytes) return `${whole.unansweredBytes} octets of a head are kept`
  const pieces = callOutcome(fastcgiGateway, randomPieces(octets, random), closes, recordedOutput)
  if (pieces.unansweredBytes > maxHeadBytes) return `${pieces.unansweredBytes} octets of a head are kept`
  return whole.text === pieces.text ? undefined : `${whole.text}; in pieces ${pieces.text}`
}

const foreign = foreignFastcgi(true)

function checkForeignCall(octets: Buffer, random: Random): string | undefined {
  return sameInPieces(foreign, octets, random)
}

function checkClosedCall(octets: Buffer, random: Random): string | undefined {
  return sameInPieces(scgiGateway, octets, random)
}

function sameInPieces(gateway: Gateway, octets: Buffer, random: Random): string | undefined {
  const closes = random.pick(['end', 'break'] as const)
  const whole = callOutcome(gateway, [octets], closes)
  const pieces = callOutcome(gateway, randomPieces(octets, random), closes)
  return whole.text === pieces.text ? undefined : `${whole.text}; in pieces ${pieces.text}`
}

function checkRequest(octets: Buffer, random: Random): string | undefined {
  for (const read of [readScgiRequest, readUwsgiRequest]) {
    const whole = read(octets)
    let have = Buffer.alloc(0)
    let found: ReturnType<typeof read> = { kind: 'more' }
    for (const piece of randomPieces(octets, random)) {
      have = Buffer.concat([have, piece])
      found = read(have)
      if (found.kind !== 'more') break
    }
    if (JSON.stringify(found) !== JSON.stringify(whole))
      return `${read.name}: ${JSON.stringify(whole)}; in pieces ${JSON.stringify(found)}`
    if (whole.kind === 'ok' && (whole.size > octets.length || whole.pairs.length % 2 !== 0))
      return `${read.name}: octets that have not come`
  }
  return undefined
}

// The FastCGI gateway against a peer that the test plays: what is sent, and what becomes of what comes (rows FCC-01 to FCC-28).

import { describe, expect, it } from 'vitest'
import { FakeChannel } from '../../test/double/fake-channel.ts'
import { FakeInput } from '../../test/double/fake-input.ts'
import { RecordingReply } from '../../test/double/recording-reply.ts'
import { PorticoError } from '../failure.ts'
import {
  encodeEnd,
  encodeRecord,
  maxContentBytes,
  protocolStatus,
  RecordDecoder,
  recordType,
} from '../wire/fastcgi.ts'
import { decodePairs } from '../wire/fastcgi-params.ts'
import { fastcgiGateway } from './fastcgi.ts'
import { foreignFastcgi } from './foreign-fastcgi.ts'
import type { Gateway } from './gateway.ts'
import type { CallInput } from './input.ts'

interface Asked {
  readonly gateway?: Gateway
  readonly constant?: readonly string[]
  readonly variable?: string[]
  readonly input?: CallInput
  readonly maxHeadBytes?: number
}

const foreign = foreignFastcgi(true)

function call({
  gateway = foreign,
  constant = ['REQUEST_METHOD', 'GET'],
  variable = [],
  input,
  maxHeadBytes = 1000,
}: Asked = {}) {
  const channel = new FakeChannel()
  const reply = new RecordingReply()
  const running = gateway.call({ environ: { constant, variable }, input, maxHeadBytes }, channel, reply)
  return { channel, reply, running }
}

interface Sent {
  readonly type: number
  readonly id: number
  readonly content: Buffer
}

function recordsIn(bytes: Buffer): Sent[] {
  const records: Sent[] = []
  let open: Buffer[] = []
  const decoder = new RecordDecoder()
  decoder.push(bytes, {
    record: (type, id, content, last) => {
      open.push(content)
      if (!last) return
      records.push({ type, id, content: Buffer.concat(open) })
      open = []
    },
    malformed: (why) => expect.fail(why),
  })
  expect(decoder.atBoundary).toBe(true)
  return records
}

function contents(records: readonly Sent[], type: number): Buffer[] {
  return records.filter((record) => record.type === type).map(({ content }) => content)
}

function stdout(text: string, id = 1): Buffer {
  return encodeRecord(recordType.stdout, id, Buffer.from(text, 'latin1'))
}

function stderr(text: string): Buffer {
  return encodeRecord(recordType.stderr, 1, Buffer.from(text, 'latin1'))
}

/** With that much padding. */
function padded(record: Buffer, padding: number): Buffer {
  const bytes = Buffer.concat([record, Buffer.alloc(padding, 0xff)])
  bytes[6] = padding
  return bytes
}

const head = 'Content-Type: text/plain\r\n\r\n'
const end = encodeEnd(1, 0, protocolStatus.complete)

describe('what is sent', () => {
  it('are records of request 1 that begin with BEGIN_REQUEST for a responder, without padding', () => {
    const { channel } = call({ variable: ['A', '1'] })
    const { bytes } = channel
    expect(bytes.toString('hex', 0, 16)).toBe('01010001000800000001010000000000')
    expect(recordsIn(bytes).every(({ id, content }) => id === 1 && content.length <= 0xffff)).toBe(true)
    expect(channel.wholes).toBe(1)
  })

  it('asks the peer to close the connection when nobody would use it again, whatever was asked before', () => {
    const constant = ['REQUEST_METHOD', 'GET']
    const flags = [true, false, true].map((keeps) => {
      const { channel } = call({ gateway: foreignFastcgi(keeps), constant })
      return channel.bytes[10]
    })
    expect(flags).toEqual([1, 0, 1])
  })

  it.each([0, 127, 128, 16_383, 65_528, 65_536])('carries a value of %i octets', (size) => {
    const value = 'v'.repeat(size)
    const { channel } = call({ constant: ['C', value], variable: ['V', value, `${'N'.repeat(200)}`, ''] })
    const params = Buffer.concat(contents(recordsIn(channel.bytes), recordType.params))
    expect(decodePairs(params)).toEqual({ kind: 'ok', pairs: ['C', value, 'V', value, 'N'.repeat(200), ''] })
  })

  it('cuts PARAMS between two pairs, and ends them and STDIN with an empty record', () => {
    const variable = Array.from({ length: 40 }, (_, at) => [`N${at}`, 'v'.repeat(4000)]).flat()
    const { channel } = call({ variable })
    const records = recordsIn(channel.bytes)
    const params = contents(records, recordType.params)
    expect(params.length).toBeGreaterThan(3)
    for (const content of params) expect(decodePairs(content).kind).toBe('ok')
    expect(params.at(-1)?.length).toBe(0)
    expect(contents(records, recordType.stdin).map((content) => content.length)).toEqual([0])
  })

  it('puts a small input into the write of the environ', () => {
    const input = new FakeInput([Buffer.from('ab'), Buffer.from('c')], 'embedded')
    const { channel } = call({ input })
    expect(channel.written.length).toBe(1)
    const stdin = contents(recordsIn(channel.bytes), recordType.stdin)
    expect(stdin.map(String)).toEqual(['abc', ''])
  })

  it('cuts a long input into records, and waits where the channel is full', () => {
    const piece = Buffer.alloc(maxContentBytes + 10, 'x')
    const input = new FakeInput([piece, Buffer.from('y')], 'at once')
    const { channel } = call({ input })
    const stdin = contents(recordsIn(channel.bytes), recordType.stdin)
    expect(stdin.map(({ length }) => length)).toEqual([maxContentBytes, 10, 1, 0])
    const slow = new FakeInput([piece, Buffer.from('y')], 'at once')
    const waiting = new FakeChannel()
    waiting.open = false
    const made = { environ: { constant: [], variable: [] }, input: slow, maxHeadBytes: 1000 }
    foreign.call(made, waiting, new RecordingReply())
    expect(slow.asked).toBe(0)
    waiting.sink?.drained()
    expect(slow.asked).toBe(1)
    waiting.drain()
    expect(contents(recordsIn(waiting.bytes), recordType.stdin).map(({ length }) => length)).toEqual([
      maxContentBytes,
      10,
      1,
      0,
    ])
  })

  it('says that the application waits for the client while it does', () => {
    const input = new FakeInput([Buffer.from('ab')], 'by hand')
    const { channel } = call({ input })
    expect(channel.awaitsInput).toBe(true)
    input.give()
    expect(channel.awaitsInput).toBe(true)
    input.give()
    expect(channel.awaitsInput).toBe(false)
    expect(contents(recordsIn(channel.bytes), recordType.stdin).map(String)).toEqual(['ab', ''])
  })

  it('is nothing for a foreign server when nobody knows how long the input is', () => {
    const sized = new FakeInput([Buffer.from('ab')], 'by hand', 2)
    expect(call({ input: sized }).reply.verdict).toBe(undefined)
    const unsized: CallInput = { ...sized, length: undefined, pieces: undefined } as unknown as CallInput
    const { channel, reply } = call({ input: unsized })
    expect([channel.written.length, channel.left, reply.code]).toEqual([0, 'abandoned', 'E_INPUT_UNSIZED'])
    expect(String(reply.verdict)).toContain('stream_input')
  })

  it('ends with the failure of the input', () => {
    const input = new FakeInput([], 'by hand', 5)
    const { channel, reply } = call({ input })
    input.give(new PorticoError('E_INPUT_CUT_SHORT'))
    expect([channel.left, reply.code]).toEqual(['abandoned', 'E_INPUT_CUT_SHORT'])
  })

  it('passes on what php-cgi needs, and HTTPS as the environ has it', () => {
    const variable = ['SCRIPT_FILENAME', '/srv/a.php', 'REDIRECT_STATUS', '200']
    const { channel } = call({ constant: ['HTTPS', 'on'], variable })
    const params = decodePairs(Buffer.concat(contents(recordsIn(channel.bytes), recordType.params)))
    expect(params).toEqual({ kind: 'ok', pairs: ['HTTPS', 'on', ...variable] })
  })
})

describe('an answer', () => {
  it('is complete with END_REQUEST, with or without empty records in front of it', () => {
    for (const empty of [[], [stdout(''), stderr('')]]) {
      const { channel, reply } = call()
      channel.deliver(Buffer.concat([stdout(`${head}hello`), ...empty, end]))
      expect([reply.answer?.status, reply.sent, reply.verdict]).toEqual([200, 'hello', 'complete'])
      expect(channel.left).toBe('released')
    }
  })

  it('comes out the same wherever it is cut, with padding of any size', () => {
    for (const padding of [0, 1, 7, 255]) {
      const bytes = Buffer.concat([
        padded(stdout('Status: 201 Made'), padding),
        padded(stderr('oops\n'), padding),
        padded(stdout(`\r\n${head}a`), padding),
        padded(stdout('b'), padding),
        padded(end, padding),
      ])
      for (let cut = 0; cut < bytes.length; cut++) {
        const { channel, reply } = call()
        channel.deliver(bytes.subarray(0, cut), bytes.subarray(cut))
        expect([reply.answer?.status, reply.sent, reply.said, reply.verdict]).toEqual([
          201,
          'ab',
          'oops\n',
          'complete',
        ])
      }
    }
  })

  it('takes its head in as many records as it has octets', () => {
    const { channel, reply } = call()
    for (const octet of `Status: 404 No\nX: y\n\nab`) channel.deliver(stdout(octet))
    channel.deliver(end)
    expect(reply.answer).toMatchObject({ status: 404, reason: 'No', fields: ['X', 'y'] })
    expect([reply.sent, reply.verdict]).toEqual(['ab', 'complete'])
  })

  it('is read as that of a CGI script: a Location alone redirects', () => {
    const answers = ['Location: /x?y\n\n', 'Location: http://h/\n\n', 'Location: /x\nX: y\n\n'].map(
      (text) => {
        const { channel, reply } = call()
        channel.deliver(stdout(text), end)
        return [reply.answer?.status, reply.answer?.localRedirect]
      },
    )
    expect(answers).toEqual([
      [200, '/x?y'],
      [302, undefined],
      [302, undefined],
    ])
  })

  it('begins behind its interim heads, however many', () => {
    const { channel, reply } = call()
    const interim = 'Status: 103 Early Hints\nLink: </a.css>\n\n'
    channel.deliver(stdout(`${interim.repeat(1500)}Status: 100\n\nStat`), stdout(`us: 299 Odd\n\nx`), end)
    expect([reply.answer?.status, reply.sent, reply.verdict]).toEqual([299, 'x', 'complete'])
  })

  it('of a worker of ours has no interim heads', () => {
    const { channel, reply } = call({ gateway: fastcgiGateway })
    channel.deliver(stdout('Status: 103\n\n'))
    expect(reply.answer?.status).toBe(103)
  })

  it('stays complete when the application ends with a status that says something else, which is told', () => {
    const { channel, reply } = call()
    channel.deliver(stdout(`${head}hello`), encodeEnd(1, 255, protocolStatus.complete))
    expect([reply.sent, reply.verdict, channel.left]).toEqual(['hello', 'complete', 'released'])
    expect(reply.said).toBe('The FastCGI application server ended its answer with application status 255\n')
  })

  it('of a worker of ours is cut short by such a status', () => {
    const { channel, reply } = call({ gateway: fastcgiGateway })
    channel.deliver(stdout(`${head}hello`), encodeEnd(1, 1, protocolStatus.complete))
    expect([reply.code, reply.said]).toEqual(['E_OUTPUT_CUT_SHORT', ''])
  })

  it('without a head fails with what there is of it', () => {
    const { channel, reply } = call()
    channel.deliver(stdout('Status'), encodeEnd(1, 3, protocolStatus.complete))
    expect(reply.verdict).toMatchObject({
      code: 'E_HEAD_MALFORMED',
      facts: { appStatus: 3, start: 'Status' },
    })
  })

  it('with a head over its limit fails', () => {
    const { channel, reply } = call({ maxHeadBytes: 20 })
    channel.deliver(stdout(`X: ${'y'.repeat(30)}`))
    expect([reply.code, channel.left]).toEqual(['E_HEAD_TOO_LARGE', 'abandoned'])
  })

  it('may be paused and goes on', () => {
    const { channel, reply, running } = call()
    reply.open = false
    channel.deliver(stdout(`${head}a`))
    expect(channel.paused).toBe(true)
    running.resume()
    expect(channel.paused).toBe(false)
    running.cancel()
    expect(channel.left).toBe('abandoned')
  })

  it('is flushed with all that came at once', () => {
    const { channel, reply } = call()
    channel.deliver(Buffer.concat([stdout(`${head}a`), stdout('b')]))
    expect(reply.flushes).toBe(1)
  })
})

describe('a refusal', () => {
  it('for too much work is a busy backend', () => {
    const { channel, reply } = call()
    channel.deliver(encodeEnd(1, 0, protocolStatus.overloaded))
    expect([reply.code, reply.unread, channel.left]).toEqual(['E_BACKEND_BUSY', false, 'released'])
  })

  it('to take a second request on the connection lets the call be made on another one', () => {
    const { channel, reply } = call()
    channel.deliver(encodeEnd(1, 0, protocolStatus.cannotMultiplex))
    expect([reply.code, reply.unread, channel.left]).toEqual(['E_WIRE_MALFORMED', true, 'abandoned'])
  })

  it.each([
    [protocolStatus.unknownRole, 'it does not know the role of a responder'],
    [9, 'protocol status 9'],
  ])('with protocol status %i is one of the wire', (status, why) => {
    const { channel, reply } = call()
    channel.deliver(encodeEnd(1, 0, status))
    expect([reply.code, reply.unread]).toEqual(['E_WIRE_MALFORMED', false])
    expect(String(reply.verdict)).toContain(`The FastCGI application server refused the request: ${why}`)
  })
})

describe('a connection', () => {
  it('is let go when it was not to be kept, and its end is then nobody’s', () => {
    const { channel, reply } = call({ gateway: foreignFastcgi(false) })
    channel.deliver(Buffer.concat([stdout(`${head}hello`), end]))
    expect([reply.verdict, channel.left]).toEqual(['complete', 'abandoned'])
    channel.end()
  })

  it('is not used again while input is unsent', () => {
    const { channel, reply } = call({ input: new FakeInput([], 'by hand', 5) })
    channel.deliver(stdout(head), end)
    expect([reply.verdict, channel.left]).toEqual(['complete', 'abandoned'])
  })

  it.each(['01', '010600', '0109', '4854545000000000'])(
    'is not used again with %s behind END_REQUEST',
    (hex) => {
      const { channel, reply } = call()
      channel.deliver(Buffer.concat([stdout(head), end, Buffer.from(hex, 'hex')]))
      expect([reply.verdict, channel.left]).toEqual(['complete', 'abandoned'])
    },
  )

  it.each(['end', 'break'] as const)(
    'that closes (%s) before END_REQUEST fails the call, with or without a head',
    (how) => {
      for (const text of ['', 'Status', `${head}hello`]) {
        const { channel, reply } = call()
        if (text !== '') channel.deliver(stdout(text))
        channel[how]()
        expect([reply.code, reply.sent]).toEqual(['E_BACKEND_FAILED', text === `${head}hello` ? 'hello' : ''])
        expect(channel.left).toBe(how === 'end' ? 'abandoned' : undefined)
      }
    },
  )

  it('says itself whether the call was read', () => {
    const { channel, reply } = call()
    channel.break(true)
    expect(reply.unread).toBe(true)
  })
})

describe('what is no answer', () => {
  it.each([
    ['a record of version 9', '0906000100000000', 'a record of version 9'],
    [
      'an answer of HTTP',
      Buffer.from('HTTP/1.1 400 Bad Request\r\n').toString('hex'),
      'a record of version 72',
    ],
    ['an unknown type', '012a000100000000', 'a record of type 42, which no application sends'],
    ['our own records', '01010001000800000001010000000000', 'a record of type 1, which no application sends'],
    ['an END_REQUEST without its content', '0103000100000000', 'an END_REQUEST of 0 octets'],
    ['an END_REQUEST that is too short', '010300010004000000000000', 'an END_REQUEST of 4 octets'],
  ])('fails: %s', (_what, hex, why) => {
    const { channel, reply } = call()
    channel.deliver(Buffer.from(hex, 'hex'))
    expect([reply.code, channel.left]).toEqual(['E_WIRE_MALFORMED', 'abandoned'])
    expect(String(reply.verdict)).toContain(
      `The FastCGI application server broke the FastCGI protocol: ${why}`,
    )
  })

  it('does not count when it belongs to the management', () => {
    const { channel, reply } = call()
    const others = [
      encodeRecord(recordType.unknownType, 0, Buffer.alloc(8)),
      encodeRecord(recordType.getValuesResult, 0, Buffer.alloc(0)),
    ]
    channel.deliver(Buffer.concat([...others, stdout(`${head}hello`), ...others, end]))
    expect([reply.sent, reply.verdict, channel.left]).toEqual(['hello', 'complete', 'released'])
  })

  it.each([
    ['output', stdout('no', 2), 2],
    ['the end', encodeEnd(7, 1, protocolStatus.overloaded), 7],
    ['output of none', stdout('no', 0), 0],
  ])('fails when it is %s of another request', (_what, bytes, id) => {
    const { channel, reply } = call()
    channel.deliver(Buffer.concat([bytes, stdout(`${head}hello`), end]))
    expect([reply.sent, reply.code, channel.left]).toEqual(['', 'E_WIRE_MALFORMED', 'abandoned'])
    expect(String(reply.verdict)).toContain(`a record of request ${id}, which was not begun`)
  })

  it('that reaches beyond the stream is cut short', () => {
    const { channel, reply } = call()
    channel.deliver(Buffer.from('01060001ffff0000', 'hex'), `${head}hello`)
    channel.end()
    expect([reply.sent, reply.code]).toEqual(['hello', 'E_BACKEND_FAILED'])
  })
})

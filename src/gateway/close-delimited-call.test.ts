// Calls of SCGI and uwsgi against a peer that the test plays. What their answers mean is told by the transcripts in test/wire.

import { describe, expect, it } from 'vitest'
import { FakeChannel } from '../../test/double/fake-channel.ts'
import { FakeInput } from '../../test/double/fake-input.ts'
import { RecordingReply } from '../../test/double/recording-reply.ts'
import { PorticoError } from '../failure.ts'
import { readScgiRequest } from '../wire/scgi.ts'
import { readUwsgiRequest } from '../wire/uwsgi.ts'
import type { Gateway } from './gateway.ts'
import type { CallInput } from './input.ts'
import { scgiGateway } from './scgi.ts'
import { uwsgiGateway } from './uwsgi.ts'

interface Asked {
  readonly method?: string
  readonly variable?: string[]
  readonly input?: CallInput
  readonly maxHeadBytes?: number
  readonly channel?: FakeChannel
}

function call(
  gateway: Gateway,
  { method = 'GET', variable = [], input, maxHeadBytes = 1000, channel = new FakeChannel() }: Asked = {},
) {
  const reply = new RecordingReply()
  const environ = { constant: ['REQUEST_METHOD', method], variable }
  const running = gateway.call({ environ, input, maxHeadBytes }, channel, reply)
  return { channel, reply, running }
}

const both: [string, Gateway][] = [
  ['SCGI', scgiGateway],
  ['uwsgi', uwsgiGateway],
]

/** What stands behind the environ. */
function inputIn(gateway: Gateway, bytes: Buffer): string {
  const request = gateway === scgiGateway ? readScgiRequest(bytes) : readUwsgiRequest(bytes)
  if (request.kind !== 'ok') throw new Error(`the request is ${request.kind}`)
  return bytes.toString('latin1', request.size)
}

const head = 'Content-Type: text/plain\n\n'

describe('a request over SCGI', () => {
  it('says the length of its input first, which is 0 without one', () => {
    const { channel } = call(scgiGateway)
    expect(channel.bytes.toString('latin1')).toBe('43:CONTENT_LENGTH\x000\0SCGI\x001\0REQUEST_METHOD\0GET\0,')
  })

  it('says it once, also where the environ does', () => {
    const input = new FakeInput([Buffer.from('abc')], 'embedded')
    const { channel } = call(scgiGateway, { variable: ['CONTENT_LENGTH', '3'], input })
    const request = readScgiRequest(channel.bytes)
    expect(request.kind === 'ok' && request.pairs).toEqual([
      'CONTENT_LENGTH',
      '3',
      'SCGI',
      '1',
      'REQUEST_METHOD',
      'GET',
    ])
  })

  it('is not made with a NUL in a variable', () => {
    const { channel, reply } = call(scgiGateway, { variable: ['A', 'x\0SCGI'] })
    expect([reply.code, channel.left, channel.written]).toEqual(['E_INTERNAL', 'abandoned', []])
  })
})

describe('a request over uwsgi', () => {
  it('is not made with more variables than a packet holds', () => {
    const { channel, reply } = call(uwsgiGateway, { variable: ['A', 'v'.repeat(65_520)] })
    expect([reply.code, channel.left, channel.written]).toEqual(['E_ENVIRON_TOO_LARGE', 'abandoned', []])
    expect(reply.verdict).toMatchObject({ facts: { limit: 65_535 } })
  })
})

describe.each(both)('a call over %s', (label, gateway) => {
  it('is one write with a small input', () => {
    const input = new FakeInput([Buffer.from('ab'), Buffer.from('c')], 'embedded')
    const { channel } = call(gateway, { input })
    expect([channel.written.length, channel.wholes]).toEqual([1, 1])
    expect(inputIn(gateway, channel.bytes)).toBe('abc')
  })

  it('sends a long input piece by piece, and waits where the channel is full', () => {
    const pieces = ['a', 'b', 'c'].map((letter) => Buffer.alloc(40_000, letter))
    const input = new FakeInput(pieces, 'at once')
    const channel = new FakeChannel()
    channel.open = false
    call(gateway, { input, channel })
    expect(input.asked).toBe(0)
    channel.sink?.drained()
    expect(input.asked).toBe(1)
    channel.drain()
    expect(channel.wholes).toBe(0)
    expect(inputIn(gateway, channel.bytes)).toBe(Buffer.concat(pieces).toString('latin1'))
  })

  it('tells that it waits for the client', () => {
    const input = new FakeInput([Buffer.from('ab')], 'by hand')
    const { channel } = call(gateway, { input })
    expect(channel.awaitsInput).toBe(true)
    input.give()
    input.give()
    expect(channel.awaitsInput).toBe(false)
    expect(inputIn(gateway, channel.bytes)).toBe('ab')
  })

  it('is not made when nobody knows how long the input is', () => {
    const sized = new FakeInput([], 'by hand', 0)
    const input: CallInput = { ...sized, length: undefined, pieces: undefined } as unknown as CallInput
    const { channel, reply } = call(gateway, { input })
    expect([reply.code, channel.left, channel.written]).toEqual(['E_INPUT_UNSIZED', 'abandoned', []])
    expect(String(reply.verdict)).toContain(
      `stream_input cannot be used for chunked request bodies with ${label}`,
    )
  })

  it('ends with the failure of the input', () => {
    const input = new FakeInput([], 'by hand', 5)
    const { channel, reply } = call(gateway, { input })
    input.give(new PorticoError('E_INPUT_CUT_SHORT'))
    expect([reply.code, channel.left]).toEqual(['E_INPUT_CUT_SHORT', 'abandoned'])
  })

  it('takes an answer while its input is still going out, and then sends no more of it', () => {
    const input = new FakeInput([Buffer.from('ab'), Buffer.from('cd')], 'by hand')
    const { channel, reply } = call(gateway, { input })
    input.give()
    channel.deliver('Content-Length: 5\n\nearly')
    input.give()
    expect([reply.sent, reply.verdict, channel.left]).toEqual(['early', 'complete', 'abandoned'])
  })

  it('does not take an end before all of its input is out for the end of an answer', () => {
    const input = new FakeInput([Buffer.from('ab'), Buffer.from('cd')], 'by hand')
    const { channel, reply } = call(gateway, { input })
    input.give()
    channel.deliver(`${head}early`)
    channel.end()
    expect([reply.sent, reply.code, channel.left]).toEqual(['early', 'E_BACKEND_FAILED', 'abandoned'])
  })

  it('pauses and resumes with the reader of its output', () => {
    const { channel, reply, running } = call(gateway)
    reply.open = false
    channel.deliver(`${head}a`, 'b')
    expect([channel.paused, channel.hasHead, reply.sent, reply.flushes]).toEqual([true, true, 'ab', 2])
    running.resume()
    expect(channel.paused).toBe(false)
    running.cancel()
    expect([channel.left, reply.verdict]).toEqual(['abandoned', undefined])
  })

  it.each([
    ['HEAD', 'Content-Length: 5\n\n'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['GET', 'Status: 204 No Content\nContent-Length: 5\n\n'],
    ['GET', 'Status: 304 Not Modified\nContent-Length: 5\n\n'],
  ])('to %s is complete with the head %j, however the connection ends', (method, text) => {
    for (const how of ['end', 'break'] as const) {
      const { channel, reply } = call(gateway, { method })
      channel.deliver(text, 'abc')
      expect(reply.verdict).toBe(undefined)
      channel[how]()
      expect([reply.sent, reply.verdict]).toEqual(['', 'complete'])
    }
  })

  it('takes a head up to its limit', () => {
    const text = 'X: y\n\n'
    const fits = call(gateway, { maxHeadBytes: text.length })
    fits.channel.deliver(`${text}much more than that`)
    expect(fits.reply.answer?.status).toBe(200)
    const over = call(gateway, { maxHeadBytes: text.length - 1 })
    over.channel.deliver(text)
    expect([over.reply.code, over.channel.left]).toEqual(['E_HEAD_TOO_LARGE', 'abandoned'])
  })

  it('says whether a connection that broke may be tried again', () => {
    const { channel, reply } = call(gateway)
    channel.break(true)
    expect([reply.code, reply.unread]).toEqual(['E_BACKEND_FAILED', true])
  })

  it('hears nothing more once it is over', () => {
    const { channel, reply } = call(gateway)
    const { sink } = channel
    channel.deliver('Content-Length: 1\n\na')
    sink?.data(Buffer.from('b'))
    sink?.ended(new PorticoError('E_BACKEND_FAILED'))
    sink?.closed(new PorticoError('E_BACKEND_FAILED'), true)
    expect([reply.sent, reply.verdict]).toEqual(['a', 'complete'])
  })
})

// Answers of foreign application servers on their way to HTTP: what they announced counts (FCC-23, SCG-04), a refusal that
// lets the call be made again is no answer (FCC-15), and an application status is told (FCC-16).

import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { FakeExchange } from '../../test/double/exchange.ts'
import { FakeChannel } from '../../test/double/fake-channel.ts'
import { MemoryLog } from '../../test/double/log.ts'
import type { Backend } from '../backend/backend.ts'
import { EnvironBuilder } from '../gateway/environ.ts'
import { wsgiPolicy } from '../gateway/environ-policy.ts'
import { foreignFastcgi } from '../gateway/foreign-fastcgi.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { scgiGateway } from '../gateway/scgi.ts'
import { Spool } from '../gateway/spool.ts'
import { encodeEnd, encodeRecord, protocolStatus, recordType } from '../wire/fastcgi.ts'
import { GatewayHandler } from './gateway.ts'

function ask(gateway: Gateway, method = 'GET') {
  const channels: FakeChannel[] = []
  const backend: Backend = {
    name: 'far',
    open: (opener) => {
      const channel = new FakeChannel()
      channels.push(channel)
      opener.granted(channel)
      return undefined
    },
    close: () => {},
  }
  const log = new MemoryLog()
  const environs = new EnvironBuilder({
    serverSoftware: 'Portico/1',
    policy: wsgiPolicy,
    refused: () => {},
    forwarded: 'auto',
    untrusted: () => {},
  })
  const handler = new GatewayHandler({
    kind: gateway.name,
    application: 'far',
    gateway,
    backend,
    environs,
    spool: new Spool({ directory: tmpdir(), memoryBytes: 1000, totalBytes: 0 }, () => {}),
    bodyLimit: { bytes: 0, setting: 'limits.body' },
    streamInput: false,
    maxOutputWaitingBytes: 0,
    sendfile: undefined,
    maxHeadBytes: 1000,
    errorsByLine: false,
    log,
  })
  const exchange = new FakeExchange({ method })
  const given = take(exchange)
  handler.answer(exchange, { mount: '/', scriptName: '', pathInfo: '/' })
  return { given, channels, log, channel: channels[0] as FakeChannel }
}

function fastcgi(text: string, appStatus = 0): Buffer {
  const output = encodeRecord(recordType.stdout, 1, Buffer.from(text, 'latin1'))
  return Buffer.concat([output, encodeEnd(1, appStatus, protocolStatus.complete)])
}

interface Given {
  body: string
  length: number | undefined
  /** How a stream ended. */
  ending?: 'end' | 'fail'
}

/** Takes the answer as a connection does, at once. */
function take(exchange: FakeExchange): Given {
  const given: Given = { body: '', length: undefined }
  exchange.respond = ({ body, length }) => {
    given.length = length
    if (body === undefined) return
    if (Buffer.isBuffer(body)) {
      given.body = body.toString('latin1')
      return
    }
    given.length = body.length
    body.source.start({
      write: (piece) => {
        given.body += piece.toString('latin1')
        return true
      },
      end: () => {
        given.ending = 'end'
      },
      fail: () => {
        given.ending = 'fail'
      },
    })
  }
  return given
}

describe.each<[string, Gateway, (channel: FakeChannel, text: string) => void]>([
  ['FastCGI', foreignFastcgi(true), (channel, text) => channel.deliver(fastcgi(text))],
  [
    'SCGI',
    scgiGateway,
    (channel, text) => {
      channel.deliver(text)
      channel.end()
    },
  ],
])('an answer over %s', (_wire, gateway, say) => {
  it('is cut to what it announced', () => {
    const { given, channel } = ask(gateway)
    say(channel, 'Content-Length: 5\n\nhello, world')
    expect(given).toEqual({ body: 'hello', length: 5 })
  })

  it('of no octets is one', () => {
    const { given, channel } = ask(gateway)
    say(channel, 'Content-Length: 0\n\n')
    expect(given).toEqual({ body: '', length: 0 })
  })
})

describe('an answer over FastCGI', () => {
  it('with fewer octets than it announced ends before the length that the client was told', () => {
    const { given, channel } = ask(foreignFastcgi(true))
    channel.deliver(fastcgi('Content-Length: 5\n\nhel'))
    expect(given).toEqual({ body: 'hel', length: 5, ending: 'end' })
  })

  it('to HEAD keeps the length that it announced', () => {
    const { given, channel } = ask(foreignFastcgi(true), 'HEAD')
    channel.deliver(fastcgi('Content-Length: 5\n\n'))
    expect(given).toEqual({ body: '', length: 5 })
  })

  it('with an application status is given, and the status is told', () => {
    const { given, channel, log } = ask(foreignFastcgi(true))
    channel.deliver(fastcgi('X: y\n\nhello', 255))
    expect(given).toMatchObject({ body: 'hello' })
    expect(log.events).toMatchObject([{ event: 'application.errors', text: expect.stringContaining('255') }])
  })

  it('is asked for again where the connection had a request already', async () => {
    const { given, channel, channels } = ask(foreignFastcgi(true))
    channel.deliver(encodeEnd(1, 0, protocolStatus.cannotMultiplex))
    await new Promise((resolve) => setImmediate(resolve))
    expect([channels.length, channel.left, given.ending]).toEqual([2, 'abandoned', undefined])
    channels[1]?.deliver(fastcgi('X: y\n\nhello'))
    expect(given).toMatchObject({ body: 'hello' })
  })
})

describe('an answer over SCGI', () => {
  it('with fewer octets than it announced fails', () => {
    const { given, channel } = ask(scgiGateway)
    channel.deliver('Content-Length: 5\n\n', 'hel')
    channel.end()
    expect(given).toEqual({ body: 'hel', length: 5, ending: 'fail' })
  })
})

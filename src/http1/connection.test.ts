import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../test/double/eventually.ts'
import type { Input } from '../http/exchange.ts'
import type { RequestHead } from '../http/head.ts'
import { Connection } from './connection.ts'
import type { ConnectionHost, HostedConnection, Turn } from './host.ts'

const limits = {
  maxHeadBytes: 32_768,
  maxFieldCount: 100,
  maxRequestLineBytes: 8192,
  headTimeMs: 0,
  bodyIdleMs: 0,
  minBodyRateBytes: 0,
  writeIdleMs: 0,
  keepAliveMs: 0,
}
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** Answers what has no body at once; reads the first piece of every other and then pauses. */
class Host implements ConnectionHost {
  readonly limits = limits
  readonly stopping = false
  readonly seen: string[] = []
  nowMs = 0
  now(): number {
    return this.nowMs
  }
  malformed(): void {
    this.seen.push('malformed')
  }
  begins(): void {}

  rests(): void {}

  closed(): void {
    this.seen.push('closed')
  }
  request(connection: HostedConnection, head: RequestHead, input: Input): Turn {
    this.seen.push(`${head.method} ${head.target.raw}`)
    const answer = (text: string): void => connection.sendWhole(text, undefined, !connection.staysOpen())
    const start = (): void => {
      if (head.framing.kind === 'none') answer(ok)
      else {
        input.read({
          data: () => input.pause(),
          end: () => answer(ok),
          fail: (failure) => {
            this.seen.push(failure.code)
            answer(ok)
          },
        })
      }
    }
    return { start, gone: () => this.seen.push('gone'), finished: () => this.seen.push('finished') }
  }
}

/** Answers at once and goes on reading. */
class ReadingHost extends Host {
  override request(connection: HostedConnection, _head: RequestHead, input: Input): Turn {
    const start = (): void => {
      input.read({ data: () => {}, end: () => {}, fail: ({ code }) => this.seen.push(code) })
      connection.sendWhole(ok, undefined, !connection.staysOpen())
    }
    return { start, gone: () => this.seen.push('gone'), finished: () => this.seen.push('finished') }
  }
}

async function connected(
  host: Host,
): Promise<{ client: Socket; far: () => Socket; connection: () => Connection }> {
  const pair: { far?: Socket; connection?: Connection } = {}
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    pair.far = socket
    pair.connection = new Connection(socket, host)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  client.on('error', () => {})
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  await eventually('the connection', () => pair.connection)
  return { client, far: () => pair.far as Socket, connection: () => pair.connection as Connection }
}

describe('Connection', () => {
  it('does not run a pipelined request after the connection broke within the body before it', async () => {
    const host = new Host()
    const { client, far, connection } = await connected(host)
    const chunks = '5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n'
    client.write(
      `POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}DELETE /everything HTTP/1.1\r\nHost: x\r\n\r\n`,
    )
    await eventually('the first request', () => host.seen[0])
    far().destroy()
    await eventually('the end', () => (host.seen.includes('closed') ? true : undefined))
    expect(host.seen).toEqual(['POST /a', 'E_INPUT_CUT_SHORT', 'gone', 'closed'])
    expect(connection().idle).toBe(false)
  })

  it('answers everything that was pipelined before the client closed its half', async () => {
    const host = new Host()
    const { client } = await connected(host)
    let answers = ''
    client.setEncoding('latin1').on('data', (text: string) => {
      answers += text
    })
    const ended = new Promise((resolve) => client.once('end', resolve))
    client.end('GET /1 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3))
    await ended
    expect(answers.match(/200 OK/g)).toHaveLength(3)
  })

  it('tells who still reads behind the answer that nothing more comes', async () => {
    const host = new ReadingHost()
    const { client } = await connected(host)
    client.write('POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhello')
    await eventually('the answer', () => (host.seen.includes('finished') ? true : undefined))
    client.end()
    await eventually('the end', () => (host.seen.includes('closed') ? true : undefined))
    expect(host.seen).toContain('E_INPUT_CUT_SHORT')
  })

  it('answers the first request of a new connection although it stops, and closes behind it', async () => {
    const host = new Host()
    const { client, connection } = await connected(host)
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    connection().stop()
    client.resume().write('GET /last HTTP/1.1\r\nHost: a\r\n\r\n')
    await ended
    expect(host.seen).toContain('GET /last')
  })

  it.each([
    ['silent', ''],
    ['in the middle of a head', 'GET / HTTP/1.1\r\nHo'],
  ])('does not wait long for it when the client is %s', async (_, bytes) => {
    const host = new Host()
    const { client, far, connection } = await connected(host)
    const ended = new Promise<void>((resolve) => client.once('end', resolve))
    client.resume().write(bytes)
    await eventually('the octets', () => (far().bytesRead === bytes.length ? true : undefined))
    connection().stop()
    host.nowMs = 2000
    connection().checkDeadlines(host.nowMs)
    await ended
    expect(host.seen).not.toContain('malformed')
  })
})

import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RunningPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'
import { untilCounts } from './ask-counts.ts'
import { startBuffering } from './buffering.ts'

const saidMs = 15_000

function start({ limits = '', body = '1MiB' } = {}): Promise<RunningPortico> {
  return startBuffering({ lines: [`limits: { body: ${body} }`], settings: ['stream_input: true'], limits })
}

/** A client that sends and listens in turns. */
class Talk {
  readonly #socket: ReturnType<typeof connect>
  #heard = ''

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1' })
    this.#socket.setEncoding('latin1').on('data', (text: string) => {
      this.#heard += text
    })
    this.#socket.on('error', () => {})
    onTestFinished(() => {
      this.#socket.destroy()
    })
  }

  say(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  hangUp(): void {
    this.#socket.destroy()
  }

  /** Everything heard so far, once it has this in it. */
  async until(text: string): Promise<string> {
    const heard = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#heard.includes(text)) resolve()
      }
      this.#socket.on('data', look)
      look()
    })
    await within(saidMs, heard, `the words "${text}" after "${this.#heard}"`)
    return this.#heard
  }
}

describe('stream_input', () => {
  it('lets the application answer while the body is still coming', async () => {
    const talk = new Talk((await start()).port)
    talk.say('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\nfirst\n')
    expect(await talk.until('got first\n')).toContain('length 12 terminated True')
    talk.say('later\n')
    await talk.until('got later\n')
    talk.say('GET /pid HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await talk.until('0\r\n\r\nHTTP/1.1 200 OK')).toBeDefined()
  })

  it('hands on chunks as they come, without a length', async () => {
    const talk = new Talk((await start()).port)
    talk.say('POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n')
    expect(await talk.until('got first\n')).toContain('length None terminated True')
    talk.say('6\r\nlater\n\r\n0\r\n\r\n')
    await talk.until('got later\n')
    await talk.until('0\r\n\r\n')
  })

  it('asks for the body of a client that waits for 100 (Continue)', async () => {
    const talk = new Talk((await start()).port)
    talk.say('POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
    await talk.until('HTTP/1.1 100 Continue\r\n\r\n')
    talk.say('ab\n')
    await talk.until('got ab\n')
  })

  it('makes the read of the application fail when the client goes away', async () => {
    const server = await start()
    const talk = new Talk(server.port)
    talk.say('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nfirst\n')
    await talk.until('got first\n')
    talk.hangUp()
    expect(await untilCounts(server.url, /input=\w/)).toMatch(/input=\w+: /)
  })

  it('goes on handing on the body when the answer is complete', async () => {
    const server = await start()
    const talk = new Talk(server.port)
    talk.say('POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n')
    await talk.until('\r\n\r\nfirst')
    talk.say('x'.repeat(200_000))
    await untilCounts(server.url, /input=200000/)
  })

  it('gives the slot back when the client goes away behind a complete answer', async () => {
    const server = await start()
    for (let slot = 0; slot < 2; slot++) {
      const talk = new Talk(server.port)
      talk.say('POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegin')
      await talk.until('\r\n\r\nfirst')
      talk.hangUp()
    }
    await untilCounts(server.url, /input=[A-Z]\w+/)
  })

  it('answers 413 when a body without a length grows over the limit', async () => {
    const { port } = await start({ body: '10B' })
    const chunked = 'Host: x\r\nTransfer-Encoding: chunked\r\n\r\n'
    const answer = await rawExchange(
      port,
      `POST /whole HTTP/1.1\r\n${chunked}8\r\n12345678\r\n8\r\n12345678\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
  })

  it('answers at once when the application does not read, and serves the next request', async () => {
    const server = await start()
    const talk = new Talk(server.port)
    talk.say('POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nfirst\n')
    expect(await talk.until('not read')).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(
      await (await fetch(`${server.url}/whole`, { method: 'POST', body: 'x'.repeat(100_000) })).text(),
    ).toBe('100000')
  })

  it('does not count the time of a slow client as time of the application', async () => {
    const talk = new Talk((await start({ limits: 'request_time: 1s' })).port)
    talk.say('POST /whole HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n')
    for (const octet of 'slowly') {
      await new Promise((resolve) => setTimeout(resolve, 500))
      talk.say(octet)
    }
    expect(await talk.until('\r\n\r\n6')).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  })
})

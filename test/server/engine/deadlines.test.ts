// Slow heads, bodies and readers (DESIGN section 6): an idle deadline plus a minimum rate, never one total; for a head one
// total, or a client could send it octet by octet for ever. Each just inside its limit, and beyond it.

import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')
const host = 'Host: localhost\r\n'
const limits = 'head_time: 2s, body_idle: 1s, body_rate: 500B, write_idle: 2s, keep_alive: 2s'
const stepMs = 100

let server: RunningPortico
beforeAll(async () => {
  server = await startPortico({
    config: [
      `limits: { ${limits} }`,
      `applications: { engine: { wsgi: "engine:application", directory: ${apps}, processes: 1, threads: 4 } }`,
      'mounts: { /: engine }',
    ].join('\n'),
    shared: true,
  })
})
afterAll(async () => {
  await server.stop()
})

/** A client and what it has heard; `tookMs` from its connection to the close by the server. */
class Slow {
  readonly socket: Socket
  readonly closed: Promise<number>
  said = ''
  readonly #beganMs = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor() {
    this.socket = connect(server.port, '127.0.0.1')
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.said += text
    })
    this.socket.on('error', () => {})
    this.closed = within(
      20_000,
      new Promise<number>((resolve) =>
        this.socket.on('close', () => resolve(performance.now() - this.#beganMs)),
      ),
      'the close',
    ).finally(() => {
      clearInterval(this.#timer)
      this.socket.destroy()
    })
  }

  /** Calls `step` again and again with its number, until it returns false. */
  every(ms: number, step: (n: number) => boolean): void {
    let n = 0
    this.#timer = setInterval(() => {
      if (this.socket.destroyed || !step(n++)) clearInterval(this.#timer)
    }, ms)
  }

  get status(): string {
    return /^HTTP\/1\.1 (\d{3}) /.exec(this.said)?.[1] ?? 'none'
  }
}

describe.concurrent('a head', () => {
  it('that comes octet by octet has head_time in all, however often one comes', async () => {
    const client = new Slow()
    const head = `GET /echo HTTP/1.1\r\n${host}X: ${'y'.repeat(1000)}`
    client.every(stepMs, (n) => client.socket.write(head[n] ?? 'y') || true)
    const tookMs = await client.closed
    expect(client.status).toBe('408')
    expect(tookMs).toBeGreaterThan(1700)
  })

  it('that comes slowly but in time is answered', async () => {
    const client = new Slow()
    const head = `GET /echo HTTP/1.1\r\n${host}Connection: close\r\n\r\n`
    client.every(1200 / head.length, (n) => {
      client.socket.write(head[n] as string)
      return n < head.length - 1
    })
    await client.closed
    expect(client.status).toBe('200')
  })
})

describe.concurrent('a body', () => {
  const head = (length: number): string =>
    `POST /echo HTTP/1.1\r\n${host}Connection: close\r\nContent-Length: ${length}\r\n\r\n`

  it('above body_rate takes as long as it takes', async () => {
    const client = new Slow()
    client.socket.write(head(4000))
    client.every(stepMs, (n) => {
      client.socket.write('x'.repeat(100))
      return n < 39
    })
    const tookMs = await client.closed
    expect(client.status).toBe('200')
    expect(tookMs).toBeGreaterThan(3500)
  })

  it('below body_rate is given up with 408, though something comes all the time', async () => {
    const client = new Slow()
    client.socket.write(head(100_000))
    client.every(stepMs, () => client.socket.write('x') || true)
    const tookMs = await client.closed
    expect(client.status).toBe('408')
    // The clock of the server is as old as its last look.
    expect(tookMs).toBeGreaterThan(700)
  })

  it('that pauses for longer than body_idle is given up, however much came before', async () => {
    const client = new Slow()
    client.socket.write(head(100_000) + 'x'.repeat(90_000))
    await client.closed
    expect(client.status).toBe('408')
  })

  it('that pauses for less goes on', async () => {
    const client = new Slow()
    client.socket.write(head(2000) + 'x'.repeat(1000))
    setTimeout(() => client.socket.write('x'.repeat(1000)), 600)
    await client.closed
    expect(client.status).toBe('200')
  })
})

describe.concurrent('a reader', () => {
  /** More than all the buffers between hold. */
  const large = 64

  it('that takes little at a time is served, though it takes longer than write_idle until anything leaves the server', async () => {
    const client = new Slow()
    client.socket.removeAllListeners('data')
    client.socket.write(`GET /large?${large} HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)
    // The kernel's buffer is of megabytes, and its owner hears of room when a good part of it is free.
    client.socket.on('data', () => client.socket.pause())
    client.every(stepMs, (n) => {
      if (n < 80) client.socket.resume()
      else
        client.socket
          .removeAllListeners('data')
          .on('data', () => {})
          .resume()
      return n < 80
    })
    client.socket.resume()
    const ended = new Promise((resolve) => client.socket.once('end', resolve))
    const beganMs = performance.now()
    await within(20_000, ended, 'the end of the answer')
    expect(performance.now() - beganMs).toBeGreaterThan(7500)
  })

  it('that takes nothing for longer than write_idle is cut off', async () => {
    const client = new Slow()
    client.socket.write(`GET /large?${large} HTTP/1.1\r\n${host}\r\n`)
    client.socket.pause()
    // A paused socket does not hear of a reset; a write does.
    client.every(stepMs, () => client.socket.write('\r\n') || true)
    expect(await client.closed).toBeGreaterThan(1700)
  })
})

describe.concurrent('a kept connection', () => {
  const request = `GET /echo HTTP/1.1\r\n${host}\r\n`

  it('is served again within keep_alive, and closed behind it without a word', async () => {
    const client = new Slow()
    client.every(1200, (n) => {
      client.socket.write(request)
      return n < 2
    })
    const tookMs = await client.closed
    expect(client.said.match(/HTTP\/1\.1 200/g)).toHaveLength(3)
    expect(client.said.match(/HTTP\/1\.1 /g)).toHaveLength(3)
    expect(tookMs).toBeGreaterThan(3 * 1200 + 1700)
  })

  it('that never said anything is closed, too, without a word', async () => {
    const client = new Slow()
    expect(await client.closed).toBeGreaterThan(1700)
    expect(client.said).toBe('')
  })
})

// As many connections as there may be and more: the longest idle one goes, then 503; and what happens without descriptors.

import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { httpPid } from '../../double/processes.ts'
import { isMissing, libpython, systemPython } from '../../double/project.ts'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'

const request = 'GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n'
const closing = 'GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
const files = { 'files/a.txt': 'a file' }

class Client {
  readonly socket: Socket
  said = ''
  ended = false

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    onTestFinished(() => void this.socket.destroy())
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.said += text
    })
    this.socket
      .on('error', () => {})
      .on('close', () => {
        this.ended = true
      })
  }

  /** Sends a request on the kept connection and waits for its answer. */
  async ask(text = request): Promise<void> {
    const before = this.answers
    this.socket.write(text)
    await eventually('an answer', () => (this.answers > before || this.ended ? true : undefined))
  }

  get answers(): number {
    return this.said.split('HTTP/1.1 200').length - 1
  }
}

describe('at limits.connections', () => {
  it('the connection that has been idle for the longest makes room, whenever it was opened', async () => {
    const server = await startPortico({
      config: 'limits: { connections: 3 }\nmounts: { /: { files: files } }\n',
      files,
    })
    const [first, second, third] = [1, 2, 3].map(() => new Client(server.port)) as [Client, Client, Client]
    for (const client of [first, second, third, first]) await client.ask()
    // Now the second is idle for the longest, then the third.
    const fourth = new Client(server.port)
    await fourth.ask()
    await eventually('the end of the second', () => (second.ended ? true : undefined))
    expect([first.ended, third.ended, fourth.answers]).toEqual([false, false, 1])
    await first.ask()
    expect(first.answers).toBe(3)
  })

  it('none that works is closed: the next one gets 503 and goes', async () => {
    const server = await startPortico({
      config: 'limits: { connections: 2 }\nmounts: { /: { files: files } }\n',
      files,
    })
    const working = [1, 2].map(() => new Client(server.port))
    for (const client of working) {
      await client.ask()
      client.socket.write('GET /a.txt HT')
    }
    // The head has begun when a whole request on another connection is refused for it.
    await eventually('a refusal', async () => {
      const answer = await rawExchange(server.port, closing)
      return answer.startsWith('HTTP/1.1 503 ') ? true : undefined
    })
    for (const client of working) {
      await client.ask('TP/1.1\r\nHost: localhost\r\n\r\n')
      expect([client.answers, client.ended]).toEqual([2, false])
    }
  })

  it('which is less than was asked for when there are not enough descriptors, and the log says so', async () => {
    const server = await startPortico({
      config: 'mounts: { /: { files: files } }\n',
      files,
      descriptors: 300,
    })
    expect(server.stderr()).toMatch(/connections\.limited wanted=10000 possible=1\d\d descriptors=300/)
    const held: Client[] = []
    for (let i = 0; i < 320; i++) {
      const client = new Client(server.port)
      held.push(client)
      await client.ask()
      expect(client.answers).toBe(1)
    }
    expect(await rawExchange(server.port, closing)).toContain('a file')
    // Room was made by closing the oldest, and none of the newest.
    expect(held.filter(({ ended }) => ended).length).toBeGreaterThan(100)
    expect(held.slice(-50).filter(({ ended }) => ended)).toEqual([])
    expect(server.stderr()).not.toMatch(/descriptors\.exhausted|internal\.fault/)
  })
})

describe.skipIf(isMissing(libpython))('without descriptors', () => {
  it('it goes on, says so once, and serves again when there are some', async () => {
    const apps = join(import.meta.dirname, '../../app/embedded')
    const server = await startPortico({
      config: [
        `applications: { leaks: { wsgi: "leaks:application", directory: ${apps}, mode: embedded, python: ${systemPython}, threads: 2 } }`,
        'mounts: { /: { files: files }, /leaks: leaks }',
      ].join('\n'),
      files,
      descriptors: 400,
      environment: { PYTHONDONTWRITEBYTECODE: '1' },
    })
    const pid = httpPid(server)
    const kept = new Client(server.port)
    await kept.ask()
    await kept.ask('GET /leaks/take HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await eventually('the log says it', () =>
      server.stderr().includes('descriptors.exhausted') ? true : undefined,
    )
    // A connection that is there is served, but for what needs a descriptor.
    const busy = new Client(server.port)
    busy.socket.write(request)
    // Whoever still has a connection can have them given back; the idle ones were closed to make room.
    await eventually('the descriptors are given back', async () => {
      const answer = await rawExchange(
        server.port,
        'GET /leaks/give HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      ).catch(() => '')
      return answer.includes('given') ? true : undefined
    })
    await eventually('a file is served', async () => {
      const answer = await rawExchange(server.port, closing).catch(() => '')
      return answer.includes('a file') ? true : undefined
    })
    expect(server.stderr().match(/descriptors\.exhausted/g)).toHaveLength(1)
    expect(httpPid(server)).toBe(pid)
  })
})

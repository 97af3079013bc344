import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { PorticoError } from '../../failure.ts'
import type { Channel, Opener } from '../backend.ts'
import type { ExternalAddress } from './address.ts'
import { ExternalBackend, type ExternalLimits, type ExternalOptions } from './external.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean()
})

/** A unix socket where connections are taken; it counts them. */
class Place {
  readonly address: ExternalAddress
  readonly sockets: Socket[] = []
  received = ''
  readonly #server: Server
  readonly #path: string

  constructor(onSocket: (socket: Socket) => void = () => {}) {
    const directory = mkdtempSync(join(tmpdir(), 'portico-external-'))
    this.#path = join(directory, 's')
    this.address = { kind: 'unix', path: this.#path }
    this.#server = createServer((socket) => {
      this.sockets.push(socket)
      socket.on('data', (bytes) => {
        this.received += bytes.toString('latin1')
      })
      socket.on('error', () => {})
      onSocket(socket)
    })
    cleanups.push(() => {
      for (const socket of this.sockets) socket.destroy()
      this.#server.close()
      rmSync(directory, { recursive: true, force: true })
    })
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.#path, resolve))
  }
}

class Asking implements Opener {
  readonly request: string
  readonly repeatable: boolean
  channel: Channel | undefined
  failure: PorticoError | undefined
  unread: boolean | undefined
  hasEnded = false
  output = ''

  constructor(request = 'r', repeatable = true) {
    this.request = request
    this.repeatable = repeatable
  }

  granted(channel: Channel): void {
    this.channel = channel
    channel.sink = {
      data: (bytes) => {
        this.output += bytes.toString('latin1')
      },
      drained: () => {},
      closed: (failure, unread) => {
        this.failure = failure
        this.unread = unread
      },
      ended: (failure) => {
        this.failure = failure
        this.hasEnded = true
      },
    }
    channel.write(Buffer.from(this.request))
  }

  refused(failure: PorticoError): void {
    this.failure = failure
  }
}

const eventually = (look: () => void) => vi.waitFor(look, { timeout: 10_000, interval: 5 })

const clock = { ms: 1000 }

function backend(
  addresses: readonly ExternalAddress[],
  changed: Partial<ExternalLimits> = {},
  more: Partial<ExternalOptions> = {},
) {
  const said: string[] = []
  const made = new ExternalBackend({
    application: 'wiki',
    addresses,
    limits: {
      connections: 2,
      idleMs: 2000,
      connectMs: 5000,
      requestTimeMs: 60_000,
      outputIdleMs: 30_000,
      queueTimeMs: 45_000,
      queueLength: 3,
      ...changed,
    },
    multiplexes: false,
    doubt: 'does it speak FastCGI?',
    now: () => clock.ms,
    unreachable: (_, code) => said.push(code),
    reachable: () => said.push('reachable'),
    ...more,
  })
  cleanups.push(() => made.close())
  return { made, said }
}

async function granted(made: ExternalBackend, asking = new Asking()): Promise<Asking> {
  made.open(asking)
  await eventually(() => expect(asking.channel).toBeDefined())
  return asking
}

const figures = (made: ExternalBackend) => made.figures.addresses[0]

describe('an application at an address', () => {
  it('gets the next call over the connection of the one before, as long as that is kept', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address])
    const first = await granted(made)
    first.channel?.release()
    const second = new Asking()
    expect(made.open(second)).toBeUndefined()
    expect(second.channel).toBe(first.channel)
    second.channel?.release()
    clock.ms += 2000
    made.sweep(clock.ms)
    expect(figures(made)).toMatchObject({ busy: 0, idle: 0, requests: 2 })
    await granted(made)
    await eventually(() => expect(place.sockets).toHaveLength(2))
  })

  it('gets what must not be sent twice over a new connection, in the place of an idle one', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address])
    const first = await granted(made)
    first.channel?.release()
    const second = await granted(made, new Asking('r', false))
    expect(second.channel).not.toBe(first.channel)
    expect(figures(made)).toMatchObject({ busy: 1, idle: 0 })
  })

  it('may be asked again when a kept connection turns out to be closed', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address])
    const first = await granted(made)
    first.channel?.release()
    await eventually(() => expect(place.sockets).toHaveLength(1))
    place.sockets[0]?.on('data', () => place.sockets[0]?.end())
    const second = await granted(made)
    await eventually(() => expect(second.unread).toBe(true))
    expect(second.failure?.code).toBe('E_CONNECTION_LOST')
  })

  it('is not asked again when a new connection breaks, since it may have begun', async () => {
    const place = new Place((socket) => socket.on('data', () => socket.destroy()))
    await place.listen()
    const { made } = backend([place.address])
    const asking = await granted(made)
    await eventually(() => expect(asking.failure?.code).toBe('E_CONNECTION_LOST'))
    expect(asking.unread).not.toBe(true)
  })

  it('is asked again when a new connection is reset, since it stood in the backlog', async () => {
    const held: Socket[] = []
    // Nothing is read, so that its end is a reset.
    const server = createServer({ pauseOnConnect: true }, (socket) => held.push(socket))
    const directory = mkdtempSync(join(tmpdir(), 'portico-external-'))
    cleanups.push(() => {
      server.close()
      rmSync(directory, { recursive: true, force: true })
    })
    const path = join(directory, 's')
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const { made } = backend([{ kind: 'unix', path }])
    const askings = [await granted(made), await granted(made, new Asking('r', false))]
    await eventually(() => expect(held).toHaveLength(2))
    for (const socket of held) socket.destroy()
    await eventually(() => expect(askings.map(({ unread }) => unread)).toEqual([true, false]))
  })

  it('is told apart: closed in order, or broken', async () => {
    const place = new Place((socket) => socket.on('data', () => socket.end('an answer')))
    await place.listen()
    const { made } = backend([place.address], { idleMs: 0 })
    const asking = await granted(made)
    await eventually(() => expect(asking.hasEnded).toBe(true))
    expect(asking.output).toBe('an answer')
  })

  it('has as many connections as it may, and a queue', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address])
    const askings = Array.from({ length: 6 }, (_, i) => new Asking(`r${i}`))
    for (const asking of askings) made.open(asking)
    await eventually(() => expect(askings.filter(({ channel }) => channel !== undefined)).toHaveLength(2))
    expect(askings.filter(({ failure }) => failure?.code === 'E_BACKEND_BUSY')).toHaveLength(1)
    expect(made.figures.queued).toBe(3)
    askings[0]?.channel?.release()
    expect(askings[2]?.channel).toBe(askings[0]?.channel)
    await eventually(() => expect(place.sockets).toHaveLength(2))
  })

  it('closes a free connection when another stands in its backlog', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address])
    const first = await granted(made)
    await eventually(() => expect(place.sockets).toHaveLength(1))
    place.sockets[0]?.write('octets')
    await eventually(() => expect(first.output).toBe('octets'))
    await granted(made)
    clock.ms += 100
    first.channel?.release()
    expect(figures(made)).toMatchObject({ busy: 1, idle: 0 })
  })

  it('closes an idle connection when another has stood in its backlog for a while', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address])
    const first = await granted(made)
    await eventually(() => expect(place.sockets).toHaveLength(1))
    place.sockets[0]?.write('octets')
    await eventually(() => expect(first.output).toBe('octets'))
    await granted(made)
    first.channel?.release()
    expect(figures(made)).toMatchObject({ busy: 1, idle: 1 })
    clock.ms += 100
    await eventually(() => expect(figures(made)).toMatchObject({ busy: 1, idle: 0 }))
  })

  it('waits for an address that is being restarted', async () => {
    const place = new Place()
    const { made, said } = backend([place.address])
    const asking = new Asking()
    made.open(asking)
    await eventually(() => expect(said).toEqual(['ENOENT']))
    await place.listen()
    clock.ms += 100
    await eventually(() => expect(asking.channel).toBeDefined())
    expect(said).toEqual(['ENOENT', 'reachable'])
  })

  it('is spoken of again when there is another reason, and of each reason once', async () => {
    const place = new Place()
    const path = place.address.kind === 'unix' ? place.address.path : ''
    const { made, said } = backend([place.address])
    const asking = new Asking()
    made.open(asking)
    const failures = async (code: string, count: number): Promise<void> => {
      for (let seen = 0; seen < count; seen++) {
        clock.ms += 1000
        await eventually(() => expect(made.figures.addresses[0]?.failure).toBe(code))
      }
    }
    await failures('ENOENT', 1)
    // What is no socket takes no connections either.
    writeFileSync(path, '')
    await failures('ECONNREFUSED', 2)
    rmSync(path)
    await failures('ENOENT', 1)
    expect(said).toEqual(['ENOENT', 'ECONNREFUSED'])
  })

  it('is given up after connect_time, and at once from then on, but tried again', async () => {
    const place = new Place()
    const { made, said } = backend([place.address])
    const asking = new Asking()
    made.open(asking)
    await eventually(() => expect(said).toEqual(['ENOENT']))
    expect(asking.failure).toBeUndefined()
    clock.ms += 5001
    await eventually(() => expect(asking.failure?.code).toBe('E_BACKEND_UNREACHABLE'))
    expect(asking.failure?.facts.reason).toContain('ENOENT')
    const next = new Asking()
    made.open(next)
    expect(next.failure?.code).toBe('E_BACKEND_UNREACHABLE')
    await place.listen()
    clock.ms += 2000
    await granted(made)
  })

  it('is asked elsewhere when one address is gone, and evenly when both are there', async () => {
    const one = new Place()
    const other = new Place()
    await one.listen()
    const { made } = backend([one.address, other.address])
    await granted(made)
    await granted(made)
    expect(made.figures.addresses.map(({ busy }) => busy)).toEqual([2, 0])
    await other.listen()
    clock.ms += 2000
    await granted(made)
    await granted(made)
    expect(made.figures.addresses.map(({ busy }) => busy)).toEqual([2, 2])
  })

  it('needs no queue for those who get a connection at once', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address], { queueLength: 0 })
    const askings = Array.from({ length: 3 }, () => new Asking())
    for (const asking of askings) made.open(asking)
    await eventually(() => expect(askings.filter(({ channel }) => channel !== undefined)).toHaveLength(2))
    expect(askings[2]?.failure?.code).toBe('E_BACKEND_BUSY')
  })

  it('is refused after connect_time, also when its name is never found', async () => {
    const { made } = backend([{ kind: 'tcp', host: 'app.example', port: 9 }], {}, { lookup: () => {} })
    const asking = new Asking()
    made.open(asking)
    clock.ms += 5001
    made.sweep(clock.ms)
    expect(asking.failure?.code).toBe('E_BACKEND_UNREACHABLE')
  })

  it('is one address, however often its name leads there', async () => {
    const lookup: ExternalOptions['lookup'] = (_, done) => done('', ['127.0.0.1', '127.0.0.1'])
    const { made } = backend([{ kind: 'tcp', host: 'app.example', port: 9 }], {}, { lookup })
    made.open(new Asking())
    expect(made.figures.addresses).toHaveLength(1)
  })

  it('is found by a name again and again', async () => {
    const servers = [createServer(), createServer()]
    for (const server of servers) {
      cleanups.push(() => server.close())
    }
    const port = await new Promise<number>((resolve) => {
      servers[0]?.listen(0, '127.0.0.1', () => {
        const address = servers[0]?.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    let found: readonly string[] = ['127.0.0.1']
    const lookup: ExternalOptions['lookup'] = (_, done) => done('', found)
    const { made } = backend([{ kind: 'tcp', host: 'app.example', port }], {}, { lookup })
    const first = await granted(made)
    expect(first.channel?.worker).toBe(`wiki@127.0.0.1:${port}`)
    found = ['127.0.0.2']
    clock.ms += 6000
    made.open(new Asking())
    expect(made.figures.addresses.map(({ address }) => address)).toEqual([`127.0.0.2:${port}`])
    first.channel?.abandon()
    clock.ms += 1
    made.sweep(clock.ms)
  })

  it('answers within its times, or not at all', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address])
    const silent = await granted(made)
    const begun = await granted(made)
    begun.channel?.answering()
    clock.ms += 30_001
    made.sweep(clock.ms)
    expect(begun.failure?.code).toBe('E_OUTPUT_TIMEOUT')
    expect(silent.failure).toBeUndefined()
    clock.ms += 30_000
    made.sweep(clock.ms)
    expect(silent.failure?.code).toBe('E_REQUEST_TIMEOUT')
    expect(silent.failure?.facts.doubt).toBeUndefined()
    expect(figures(made)).toMatchObject({ busy: 0, idle: 0 })
  })

  it('is asked whether it speaks the wire when it has never answered in time', async () => {
    const place = new Place()
    await place.listen()
    const { made } = backend([place.address])
    const silent = await granted(made)
    clock.ms += 60_001
    made.sweep(clock.ms)
    expect(silent.failure?.facts.doubt).toBe('does it speak FastCGI?')
  })
})

describe('an address that closes connections', () => {
  it('is asked whether it speaks the wire until it has answered once', async () => {
    const place = new Place((socket) => socket.on('data', () => socket.end()))
    await place.listen()
    const { made } = backend([place.address])
    const call = async (answers: boolean): Promise<unknown> => {
      const asking = await granted(made, new Asking('r', false))
      if (answers) asking.channel?.answering()
      asking.channel?.write(Buffer.from('a call'))
      await eventually(() => expect(asking.failure).toBeDefined())
      return asking.failure?.facts.doubt
    }
    expect(await call(false)).toBe('does it speak FastCGI?')
    expect(await call(false)).toBe('does it speak FastCGI?')
    await call(true)
    expect(await call(false)).toBeUndefined()
  })
})

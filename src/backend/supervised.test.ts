import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../test/double/eventually.ts'
import type { PorticoError } from '../failure.ts'
import type { Channel, Opener } from './backend.ts'
import { fastcgiGreeting } from './fastcgi-greeting.ts'
import { SupervisedBackend, type SupervisedOptions } from './supervised.ts'

const valuesResult = Buffer.from([1, 10, 0, 0, 0, 0, 0, 0])

/** A worker as far as a backend sees one: it accepts connections and, unless told otherwise, answers the greeting. */
class FakeWorker {
  readonly address: string
  readonly sockets: Socket[] = []
  answers = true
  readonly #server: Server

  constructor() {
    const directory = mkdtempSync(join(tmpdir(), 'portico-backend-'))
    this.address = join(directory, 'w1.sock')
    this.#server = createServer((socket) => {
      this.sockets.push(socket)
      socket.on('error', () => {})
      socket.once('data', () => this.answers && socket.write(valuesResult))
    })
    onTestFinished(() => {
      for (const socket of this.sockets) socket.destroy()
      this.#server.close()
      rmSync(directory, { recursive: true, force: true })
    })
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.address, resolve))
  }

  endpoint(worker = 1, slots = 1) {
    return { worker, pid: 1000 + worker, address: this.address, slots, generation: 1 }
  }
}

class Asking implements Opener {
  readonly request = 'r-1'
  readonly repeatable = true
  channel: Channel | undefined
  failure: PorticoError | undefined
  unread: boolean | undefined
  granted(channel: Channel): void {
    this.channel = channel
    channel.sink = {
      data: () => {},
      drained: () => {},
      ended: () => {},
      closed: (failure, unread) => {
        this.failure = failure
        this.unread = unread
      },
    }
    channel.write(Buffer.from('a call'))
  }
  refused(failure: PorticoError): void {
    this.failure = failure
  }
}

function backend(changed: Partial<SupervisedOptions['limits']> = {}) {
  const said = { stuck: [] as number[], idle: [] as number[], worn: [] as number[] }
  const limits = {
    requestTimeMs: 60_000,
    outputIdleMs: 60_000,
    queueTimeMs: 45_000,
    queueLength: 5,
    requests: 0,
    ...changed,
  }
  let nowMs = 0
  const it = new SupervisedBackend({
    application: 'a',
    limits,
    manners: fastcgiGreeting,
    connect:
      ({ address }) =>
      (onread) => ({ socket: connect({ path: address, onread }) }),
    triesAgain: true,
    now: () => nowMs,
    stuck: ({ worker }) => said.stuck.push(worker),
    worn: ({ worker }) => said.worn.push(worker),
    idle: (worker) => said.idle.push(worker),
  })
  onTestFinished(() => it.close())
  const pass = (ms: number): void => {
    nowMs += ms
    it.sweep(nowMs)
  }
  return { it, said, pass }
}

const exit = { code: null, signal: 'SIGKILL' }

describe('SupervisedBackend', () => {
  it('lends a slot only after its worker has answered the greeting', async () => {
    const worker = new FakeWorker()
    worker.answers = false
    await worker.listen()
    const { it: backing } = backend()
    backing.update({ application: 'a', state: { kind: 'ready' }, endpoints: [worker.endpoint()] })
    const asking = new Asking()
    backing.open(asking)
    const socket = await eventually('a connection', () => worker.sockets[0])
    expect(asking.channel).toBeUndefined()
    expect(backing.queued).toBe(1)
    socket.write(valuesResult)
    await eventually('the slot', () => asking.channel)
    expect(backing.busy).toBe(1)
  })

  it('counts a call once whose worker died and whose client left before it was known', async () => {
    const worker = new FakeWorker()
    await worker.listen()
    const { it: backing, pass } = backend()
    backing.update({ application: 'a', state: { kind: 'ready' }, endpoints: [worker.endpoint()] })
    const asking = new Asking()
    backing.open(asking)
    const channel = await eventually('the slot', () => asking.channel)
    const seen = await eventually('the call', () => worker.sockets[0])
    await eventually('the call', () => (seen.bytesRead > fastcgiGreeting.hello.length ? true : undefined))
    const closed = new Promise((resolve) => seen.once('close', resolve))
    seen.end()
    await closed
    channel.abandon()
    expect(backing.busy).toBe(0)
    backing.workerGone({ application: 'a', worker: 1, pid: 1001, exit })
    for (let i = 0; i < 5; i++) pass(1000)
    expect(backing.busy).toBe(0)
  })

  it('tells a call that was read why it failed, and that another was never read', async () => {
    const worker = new FakeWorker()
    await worker.listen()
    const { it: backing } = backend()
    backing.update({ application: 'a', state: { kind: 'ready' }, endpoints: [worker.endpoint(1, 2)] })
    const read = new Asking()
    const unread = new Asking()
    backing.open(read)
    backing.open(unread)
    await eventually('both slots', () => (read.channel && unread.channel ? true : undefined))
    backing.workerGone({ application: 'a', worker: 1, pid: 1001, exit })
    for (const socket of worker.sockets) socket.end()
    await eventually('both failures', () => (read.failure && unread.failure ? true : undefined))
    expect(read.failure).toMatchObject({ code: 'E_APPLICATION_EXITED', facts: { signal: 'SIGKILL' } })
    expect(read.unread).toBe(false)
  })

  it('refuses what waits, and what comes later, when the application has failed', () => {
    const { it: backing, pass } = backend()
    const endpoint = { worker: 1, pid: 1, address: '/nonexistent/w1.sock', slots: 1, generation: 1 }
    backing.update({ application: 'a', state: { kind: 'ready' }, endpoints: [endpoint] })
    const waiting = new Asking()
    backing.open(waiting)
    backing.update({
      application: 'a',
      state: { kind: 'failed', reason: 'no module', retryMs: 9000 },
      endpoints: [],
    })
    const facts = { reason: 'no module', retryMs: 9000 }
    expect(waiting.failure).toMatchObject({ code: 'E_BACKEND_FAILED', facts })
    pass(2000)
    const late = new Asking()
    backing.open(late)
    expect(late.failure).toMatchObject({ code: 'E_BACKEND_FAILED', facts: { retryMs: 7000 } })
  })

  it('limits the queue by length and by time, and forgets who left', () => {
    const { it: backing, pass } = backend({ queueLength: 2, queueTimeMs: 1000 })
    const [first, second, third, fourth] = [new Asking(), new Asking(), new Asking(), new Asking()]
    const ticket = backing.open(first)
    backing.open(second)
    backing.open(third)
    expect(third.failure?.code).toBe('E_BACKEND_BUSY')
    ticket?.cancel()
    expect(backing.queued).toBe(1)
    backing.open(fourth)
    expect(fourth.failure).toBeUndefined()
    pass(1001)
    expect(first.failure).toBeUndefined()
    expect(second.failure?.code).toBe('E_BACKEND_QUEUE_TIMEOUT')
    expect(backing.queued).toBe(0)
  })

  it('does not count those in its queue for whom a connection is being made', async () => {
    const worker = new FakeWorker()
    await worker.listen()
    const { it: backing } = backend({ queueLength: 1 })
    backing.update({ application: 'a', state: { kind: 'ready' }, endpoints: [worker.endpoint()] })
    const [first, second, third] = [new Asking(), new Asking(), new Asking()]
    for (const asking of [first, second, third]) backing.open(asking)
    expect([first, second, third].map(({ failure }) => failure?.code)).toEqual([
      undefined,
      undefined,
      'E_BACKEND_BUSY',
    ])
    await eventually('the slot', () => first.channel)
  })

  it('gives up a call that shows no head within request_time and reports its worker', async () => {
    const worker = new FakeWorker()
    await worker.listen()
    const { it: backing, said, pass } = backend({ requestTimeMs: 1000 })
    backing.update({ application: 'a', state: { kind: 'ready' }, endpoints: [worker.endpoint()] })
    const asking = new Asking()
    backing.open(asking)
    await eventually('the slot', () => asking.channel)
    pass(900)
    expect(asking.failure).toBeUndefined()
    pass(200)
    expect(asking.failure?.code).toBe('E_REQUEST_TIMEOUT')
    expect(said.stuck).toEqual([1])
    expect(backing.busy).toBe(0)
  })

  it('says when a withdrawn worker has finished its last call', async () => {
    const worker = new FakeWorker()
    await worker.listen()
    const { it: backing, said } = backend()
    backing.update({ application: 'a', state: { kind: 'ready' }, endpoints: [worker.endpoint()] })
    const asking = new Asking()
    backing.open(asking)
    const channel = await eventually('the slot', () => asking.channel)
    backing.update({ application: 'a', state: { kind: 'ready' }, endpoints: [] })
    expect(said.idle).toEqual([])
    channel.release()
    expect(said.idle).toEqual([1])
  })
})

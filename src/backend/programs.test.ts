// The supervised backend and programs that are not ours, started as their supervisor starts them.

import { existsSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { application, place, recordingLog, temporaryDirectory } from '../../test/app/worker/stand-in.ts'
import { eventually } from '../../test/double/eventually.ts'
import { Compiled, hasFcgi, hasPerlFcgi, hasPhp, perl, phpCgi, source } from '../../test/double/programs.ts'
import { monotonicMs } from '../clock.ts'
import type { PorticoError } from '../failure.ts'
import type { Endpoint } from '../process/messages.ts'
import { programLaunch } from '../process/program/program-launch.ts'
import { ProgramWorker } from '../process/program/program-worker.ts'
import { encodeBegin, encodeRecord, RecordDecoder, recordType, role } from '../wire/fastcgi.ts'
import { encodePair } from '../wire/fastcgi-params.ts'
import type { Channel, Opener } from './backend.ts'
import { fastcgiProgram, scgiProgram } from './program-manners.ts'
import type { ProgramManners } from './slot.ts'
import { SupervisedBackend, type SupervisedOptions } from './supervised.ts'

const started: ProgramWorker[] = []
const exit = { code: 1, signal: null }

async function program(command: readonly string[], threads = 1): Promise<Endpoint> {
  const spec = application({
    name: 'feed',
    wsgi: '',
    python: '',
    threads,
    program: { command, wire: 'fastcgi' as const },
    environment: {},
  })
  const number = started.length + 1
  await new Promise<void>((resolve, reject) => {
    const worker = new ProgramWorker({
      launch: programLaunch(spec, { command }, place('ready'), number),
      sink: { ready: () => resolve(), exited: (how) => reject(new Error(JSON.stringify(how))) },
      log: recordingLog(),
      clock: monotonicMs,
      keeper: undefined,
    })
    started.push(worker)
  })
  const worker = started[number - 1] as ProgramWorker
  return { worker: number, pid: worker.pid, address: worker.address, slots: threads, generation: 1 }
}

afterEach(async () => {
  for (const worker of started.splice(0)) {
    worker.kill()
    await eventually('its end', () => (worker.state.kind === 'exited' ? true : undefined))
  }
})

function backend(
  manners: ProgramManners = fastcgiProgram,
  changed: Partial<SupervisedOptions['limits']> = {},
) {
  const said = { stuck: [] as number[], idle: [] as number[], connections: 0 }
  const it = new SupervisedBackend({
    application: 'feed',
    limits: {
      ...{ requestTimeMs: 60_000, outputIdleMs: 60_000, queueTimeMs: 45_000, queueLength: 50, requests: 0 },
      ...changed,
    },
    manners,
    doubt: 'does it speak FastCGI?',
    connect:
      ({ address }) =>
      (onread) => {
        said.connections++
        return { socket: connect({ path: address, onread }) }
      },
    triesAgain: true,
    now: () => performance.now(),
    stuck: ({ worker }) => said.stuck.push(worker),
    worn: () => {},
    idle: (worker) => said.idle.push(worker),
  })
  const sweeping = setInterval(() => it.sweep(performance.now()), 20)
  onTestFinished(() => {
    clearInterval(sweeping)
    it.close()
  })
  const publish = (...endpoints: Endpoint[]): void =>
    it.update({ application: 'feed', state: { kind: 'ready' }, endpoints })
  return { it, said, publish }
}

/** One FastCGI call of a small input. */
class Call implements Opener {
  readonly request = 'r-1'
  readonly repeatable = true
  readonly #bytes: Buffer
  readonly #decoder = new RecordDecoder()
  channel: Channel | undefined
  output = ''
  failure: PorticoError | undefined
  unread: boolean | undefined
  ended = false

  constructor(query = '', input = '') {
    const variables = { REQUEST_METHOD: 'POST', QUERY_STRING: query, CONTENT_LENGTH: String(input.length) }
    const more = { SCRIPT_FILENAME: source('hello.php'), REDIRECT_STATUS: '200' }
    const params = Object.entries({ ...variables, ...more })
      .map(([name, value]) => encodePair(name, value))
      .join('')
    const none = Buffer.alloc(0)
    this.#bytes = Buffer.concat([
      encodeBegin(1, role.responder, true),
      encodeRecord(recordType.params, 1, Buffer.from(params, 'latin1')),
      encodeRecord(recordType.params, 1, none),
      ...(input === '' ? [] : [encodeRecord(recordType.stdin, 1, Buffer.from(input))]),
      encodeRecord(recordType.stdin, 1, none),
    ])
  }

  granted(channel: Channel): void {
    this.channel = channel
    channel.sink = {
      data: (bytes) => this.#decoder.push(bytes, this),
      drained: () => {},
      closed: (failure, unread) => {
        this.failure = failure
        this.unread = unread
      },
      ended: (failure) => {
        this.failure = failure
      },
    }
    channel.write(this.#bytes)
  }

  refused(failure: PorticoError): void {
    this.failure = failure
  }

  record(type: number, _: number, content: Buffer): void {
    if (type === recordType.stdout) this.output += content.toString()
    if (type !== recordType.end) return
    this.ended = true
    this.channel?.release()
  }

  malformed(why: string): void {
    throw new Error(why)
  }
}

/** What it says behind its head. One that was certainly not read is made again, as the handler does. */
async function ask(it: SupervisedBackend, query = '', input = ''): Promise<string> {
  for (;;) {
    const call = new Call(query, input)
    it.open(call)
    await eventually('an answer', () => (call.ended || call.failure !== undefined ? true : undefined))
    if (call.failure === undefined) return call.output.slice(call.output.indexOf('\r\n\r\n') + 4)
    if (call.unread !== true) throw call.failure
  }
}

describe.runIf(hasFcgi)('a program of libfcgi', () => {
  let compiled: Compiled
  beforeAll(() => {
    compiled = new Compiled()
  })
  afterAll(() => compiled.remove())

  it('answers call after call', async () => {
    const { it: backing, publish, said } = backend()
    const endpoint = await program([compiled.responder])
    publish(endpoint)
    for (let served = 1; served <= 5; served++) {
      const words = `pid ${endpoint.pid}, served ${served}, read 5, uid ${process.getuid?.()}\n`
      expect(await ask(backing, '', 'hello')).toBe(words)
    }
    // One for each, and the first only looks whether it is there.
    expect(said.connections).toBe(6)
  })

  it('gets one call at a time', async () => {
    const { it: backing, publish } = backend()
    publish(await program([compiled.responder]))
    const gate = join(temporaryDirectory(), 'gate')
    const first = ask(backing, `wait=${gate}`)
    await eventually('the first call', () => (backing.busy === 1 ? true : undefined))
    const second = ask(backing)
    expect([backing.busy, backing.queued]).toEqual([1, 1])
    writeFileSync(gate, '')
    expect([await first, await second].map((text) => /served (\d)/.exec(text)?.[1])).toEqual(['1', '2'])
  })

  it('may close its connection after each answer', async () => {
    const { it: backing, publish, said } = backend()
    publish(await program([compiled.responder]))
    const answers = Array.from({ length: 20 }, () => ask(backing, 'keep=0'))
    const served = (await Promise.all(answers)).map((text) => Number(/served (\d+)/.exec(text)?.[1]))
    expect(served.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect(said.stuck).toEqual([])
  })

  it('is busy as long as it is at a call whose client has gone, and gets the next one after that', async () => {
    const { it: backing, publish } = backend()
    publish(await program([compiled.responder]))
    const gate = join(temporaryDirectory(), 'gate')
    const gone = new Call(`wait=${gate}`)
    backing.open(gone)
    const channel = await eventually('a slot', () => gone.channel)
    await eventually('that it is read', () => (existsSync(`${gate}.seen`) ? true : undefined), 15_000)
    channel.abandon()
    const next = new Call()
    backing.open(next)
    backing.sweep(performance.now())
    expect([backing.busy, backing.queued, next.channel]).toEqual([0, 1, undefined])
    writeFileSync(gate, '')
    await eventually('the next answer', () => (next.ended ? true : undefined))
    expect(next.output).toContain('served 2')
  })

  it('is not said to be idle while it is at such a call', async () => {
    const { it: backing, publish, said } = backend()
    const endpoint = await program([compiled.responder])
    publish(endpoint)
    const gate = join(temporaryDirectory(), 'gate')
    const gone = new Call(`wait=${gate}`)
    backing.open(gone)
    const channel = await eventually('a slot', () => gone.channel)
    await eventually('that it is read', () => (existsSync(`${gate}.seen`) ? true : undefined))
    channel.abandon()
    publish()
    backing.sweep(performance.now())
    expect(said.idle).toEqual([])
    writeFileSync(gate, '')
    await eventually('the word', () => (said.idle.length > 0 ? true : undefined))
    expect(said).toMatchObject({ idle: [endpoint.worker], stuck: [] })
  })

  it('has request_time for a call whose client has gone, too', async () => {
    const { it: backing, publish, said } = backend(fastcgiProgram, { requestTimeMs: 150 })
    const endpoint = await program([compiled.responder])
    publish(endpoint)
    const gone = new Call('wait=/nowhere/gate')
    backing.open(gone)
    ;(await eventually('a slot', () => gone.channel)).abandon()
    await eventually('the word', () => (said.stuck.length > 0 ? true : undefined))
    publish()
    expect(said).toMatchObject({ stuck: [endpoint.worker], idle: [endpoint.worker] })
  })

  it('that ends in the middle of a call loses it, with its reason', async () => {
    const { it: backing, publish } = backend()
    const endpoint = await program([compiled.responder])
    publish(endpoint)
    const call = new Call('exit=3')
    backing.open(call)
    await eventually('its end', () => (started[0]?.state.kind === 'exited' ? true : undefined))
    backing.workerGone({
      application: 'feed',
      worker: endpoint.worker,
      pid: endpoint.pid,
      exit: { code: 3, signal: null },
    })
    await eventually('the failure', () => call.failure)
    expect(call.failure).toMatchObject({
      code: 'E_APPLICATION_EXITED',
      message: 'The worker exited with code 3 while it held the request',
    })
    expect(call.unread).toBe(false)
  })

  it('that has ended between two calls has certainly not read the next one', async () => {
    const { it: backing, publish } = backend()
    const endpoint = await program([compiled.responder])
    publish(endpoint)
    await ask(backing, 'leave=0')
    const call = new Call()
    backing.open(call)
    await eventually('the failure', () => call.failure)
    expect(call.unread).toBe(true)
    backing.workerGone({ application: 'feed', worker: endpoint.worker, pid: endpoint.pid, exit })
  })

  it('serves two HTTP processes in turn', async () => {
    const [one, other] = [backend(), backend()]
    const endpoint = await program([compiled.responder])
    one.publish(endpoint)
    expect(await ask(one.it)).toContain('served 1')
    other.publish(endpoint)
    expect(await ask(other.it)).toContain('served 2')
    expect(await ask(one.it)).toContain('served 3')
  })
})

describe.runIf(hasPhp)('php-cgi', () => {
  it.each([
    ['on descriptor 0', [phpCgi]],
    ['on a socket of its own', [phpCgi, '-b', '{socket}']],
  ])('answers %s', async (_, command) => {
    const { it: backing, publish } = backend()
    publish(await program(command))
    for (let i = 0; i < 3; i++) expect(await ask(backing, 'a=1', 'x')).toBe('php: a=1\n')
  })
})

describe.runIf(hasPerlFcgi)('a script of Perl', () => {
  it('answers', async () => {
    const { it: backing, publish } = backend()
    publish(await program([perl, source('responder.pl')]))
    for (let i = 0; i < 3; i++) expect(await ask(backing)).toMatch(/^perl, pid \d+\n$/)
  })
})

/** A program as far as a backend sees one. */
async function stub(conduct: (socket: Socket) => void): Promise<Endpoint> {
  const address = join(temporaryDirectory(), 'w1.sock')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => conduct(socket))
  })
  await new Promise<void>((resolve) => server.listen(address, resolve))
  onTestFinished(() => void server.close())
  return { worker: 1, pid: 1001, address, slots: 1, generation: 1 }
}

describe('a program that breaks its connection', () => {
  it('fails the call with what is known, and gets others', async () => {
    let calls = 0
    const { it: backing, publish } = backend()
    publish(
      await stub((socket) => {
        if (++calls === 1) socket.end()
        else socket.end(encodeRecord(recordType.end, 1, Buffer.alloc(8)))
      }),
    )
    const call = new Call()
    backing.open(call)
    await eventually('the failure', () => call.failure)
    expect(call.failure).toMatchObject({
      code: 'E_APPLICATION_EXITED',
      message: 'The worker closed its connection before it answered, and goes on',
      facts: { doubt: 'does it speak FastCGI?' },
    })
    const next = new Call()
    backing.open(next)
    await eventually('an answer', () => (next.ended ? true : undefined))
  })
})

describe('a program of SCGI', () => {
  it('ends its answer with its connection, which is no loss', async () => {
    const { it: backing, publish } = backend(scgiProgram)
    publish(await stub((socket) => socket.end('Status: 200 OK\r\n\r\nhello')))
    for (let i = 0; i < 3; i++) {
      const call = new Call()
      let text = ''
      backing.open({
        request: 'r',
        repeatable: true,
        granted: (channel) => {
          call.channel = channel
          channel.sink = {
            data: (bytes) => {
              text += bytes.toString()
            },
            drained: () => {},
            closed: () => {},
            ended: () => {
              call.ended = true
            },
          }
          channel.write(Buffer.from('a call'))
        },
        refused: () => {},
      })
      await eventually('the end', () => (call.ended ? true : undefined))
      expect(text).toBe('Status: 200 OK\r\n\r\nhello')
      expect(backing.busy).toBe(0)
    }
  })
})

// How a server ends: what runs is finished, nothing new is taken, a second signal cuts off, nothing is left behind.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isAlive, processTree } from '../../double/process-tree.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'
import { eventually, parseReply, requestText } from './ask.ts'
import { scratch } from './command.ts'
import { type Gate, gatedApplication, makeGate } from './gate.ts'

interface Gated {
  readonly server: RunningPortico
  readonly gate: Gate
  readonly runtime: string
}

async function startGated(application = 'processes: 1, threads: 4'): Promise<Gated> {
  const gate = await makeGate()
  const runtime = join(scratch(), 'run')
  const server = await startPortico({
    config: `runtime: ${runtime}
applications: { held: { wsgi: "held:application", ${application}, environment: { GATE: ${gate.path} } } }
mounts: { /: held, /files: { files: files } }
`,
    files: { 'held.py': gatedApplication, 'files/a.txt': 'a' },
  })
  return { server, gate, runtime }
}

/** Begins a request that the gate holds. */
async function hold({ server, gate }: Gated): Promise<{ readonly answer: Promise<string> }> {
  const answer = rawExchange(server.port, requestText('/'), { ms: 30_000 })
  // Not every test asks what became of it.
  answer.catch(() => {})
  await gate.held(1)
  return { answer }
}

function toldToStop(server: RunningPortico): Promise<void> {
  return eventually(() => expect(server.stderr()).toContain('info server.stop '))
}

/**
 * As a person does who is not heard: signals within a moment of the first count as the first. Ends once it was heard,
 * because Node gives its signal handlers up in the last moments of a process, and one more signal then is the system's.
 */
async function insist(server: RunningPortico, signal: NodeJS.Signals): Promise<void> {
  await eventually(() => {
    if (!server.stderr().includes('Asked again')) server.kill(signal)
    expect(server.stderr()).toContain('Asked again')
  })
}

function socketsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.sock'),
  )
}

/** A connection that answered once and is kept; resolves to a promise of its end. */
async function keepIdle(port: number, reacts: boolean): Promise<{ readonly ended: Promise<void> }> {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: !reacts })
  onTestFinished(() => void socket.destroy())
  const ended = new Promise<void>((resolve) => socket.once('end', resolve))
  const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.on('error', () => {})
  socket.write('GET /files/a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await within(10_000, answered, 'the answer on the kept connection')
  return { ended }
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('finishes a running request, refuses new connections meanwhile, and ends with exit code 0', async () => {
    const gated = await startGated()
    const { server, gate } = gated
    const { answer } = await hold(gated)
    server.kill(signal)
    await toldToStop(server)
    await eventually(async () => {
      const another = rawExchange(server.port, requestText('/files/a.txt'), { ms: 1000 })
      await expect(another).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    })
    gate.open()
    expect(parseReply(await answer)).toMatchObject({ status: 200, body: 'finished' })
    expect(await within(15_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
    expect(server.stdout()).toMatch(/"GET \/ HTTP\/1\.1" 200 8 /)
    expect(server.stderr()).toMatch(/ info server\.stopped\n$/)
  })

  it('cuts off what still runs when it comes again', async () => {
    const gated = await startGated()
    const { server } = gated
    const { answer } = await hold(gated)
    const tree = processTree(server.pid)
    server.kill(signal)
    await toldToStop(server)
    await insist(server, signal)
    expect(await answer).toBe('')
    expect(await server.exit).toEqual({ code: 0, signal: null })
    expect(server.stderr()).toContain('server.stop deadlineMs=0 | Asked again: what still runs is cut off')
    expect(server.stderr().match(/server\.stopped/g)).toHaveLength(1)
    expect(tree.filter(isAlive)).toEqual([])
  })
})

it('takes two signals in the same moment for one', async () => {
  const gated = await startGated()
  const { server, gate } = gated
  const { answer } = await hold(gated)
  server.kill('SIGINT')
  server.kill('SIGTERM')
  await toldToStop(server)
  gate.open()
  expect(parseReply(await answer).body).toBe('finished')
  expect(await within(15_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
})

it('waits no longer than stop_time, for requests and exit handlers together', async () => {
  const gated = await startGated('processes: 1, limits: { stop_time: 1500ms }')
  const { server } = gated
  const { answer } = await hold(gated)
  const beganMs = performance.now()
  server.kill('SIGTERM')
  expect(await within(15_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
  const tookMs = performance.now() - beganMs
  expect(tookMs).toBeGreaterThan(1400)
  expect(tookMs).toBeLessThan(8000)
  expect(await answer).toBe('')
  expect(server.stdout()).toMatch(/"GET \/ HTTP\/1\.1" 499 - /)
})

it.each([
  ['closes a kept connection at once', true],
  ['does not wait for a client that keeps its side open', false],
])('%s', async (_, reacts) => {
  const { server } = await startGated()
  const { ended } = await keepIdle(server.port, reacts)
  server.kill('SIGTERM')
  await within(5000, ended, 'the end of the kept connection')
  expect(await within(10_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
})

it('runs the exit handlers of every worker and leaves nothing behind', async () => {
  const { server, gate, runtime } = await startGated('processes: 2')
  await eventually(() => expect(server.stderr().match(/worker\.ready/g)).toHaveLength(2))
  const tree = processTree(server.pid)
  // The supervisor, the HTTP process, two workers.
  expect(tree).toHaveLength(4)
  // Of each worker one, and the control socket.
  expect(socketsBelow(runtime)).toHaveLength(3)
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  expect(tree.filter(isAlive)).toEqual([])
  expect(existsSync(runtime)).toBe(false)
  const record = readFileSync(`${gate.path}.ended`, 'utf8')
  expect(record.match(/ran its exit handler/g)).toHaveLength(2)
})

it('takes everything along when the supervisor is killed, and starts again in the same place', async () => {
  const { server, gate, runtime } = await startGated('processes: 2')
  const tree = processTree(server.pid)
  server.kill('SIGKILL')
  await server.exit
  await eventually(() => expect(tree.filter(isAlive)).toEqual([]))
  expect(existsSync(`${gate.path}.ended`)).toBe(false)
  const again = await startPortico({
    config: `runtime: ${runtime}\napplications: { held: { wsgi: "held:application", processes: 1 } }\nmounts: { /: held }\n`,
    files: { 'held.py': gatedApplication },
  })
  expect(again.stderr()).toContain('worker.ready')
})

it('stops while an application is still being imported', async () => {
  const gate = await makeGate()
  const server = startPortico({
    config: `applications: { slow: { wsgi: "slow:application", environment: { GATE: ${gate.path} } } }\nmounts: { /: slow }\n`,
    files: { 'slow.py': `${gatedApplication}\napplication({'PATH_INFO': '/import'}, lambda *_: None)\n` },
    shared: true,
  })
  const failed = expect(server).rejects.toThrow(
    /^portico ended early \(0\)\nportico said:\n((?!ready ).*\n)*$/,
  )
  await gate.held(1)
  const [supervisor] = processTree(process.pid).filter((pid) => isSupervisor(pid))
  process.kill(supervisor ?? 0, 'SIGTERM')
  await failed
})

function isSupervisor(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('bin/portico.js\0serve')
}

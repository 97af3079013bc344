// Requests of embedded applications that do not come back: Python is interrupted, C costs the HTTP process its place.

import { connect } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { isAlive } from '../../double/process-tree.ts'
import { httpPid, httpPids } from '../../double/processes.ts'
import type { RunningPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { ask, eventually, requestText } from '../cli/ask.ts'
import { askAllTheWhile, it, startEmbedded } from './embedded.ts'

const limits = 'limits: { request_time: 1s, drain_time: 30s }'

function stuck(server: RunningPortico, way: string): Promise<number> {
  return ask(server.port, `/?${way}`).then(({ status }) => status)
}

/** Begins a request and goes away as soon as it is sent. */
async function leave({ port }: RunningPortico, target: string): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.write(requestText(target), () => resolve()))
  // It was read when the next answer on the same server comes; files need no thread of the application.
  await ask(port, '/files/a.txt')
  socket.destroy()
}

it('answers 504 and takes the thread back from a loop in Python, as often as it happens', async () => {
  const server = await startEmbedded({ modules: ['ends'], settings: `threads: 2, ${limits}` })
  const before = httpPid(server)
  for (const _ of [1, 2]) {
    expect(await Promise.all([stuck(server, 'python'), stuck(server, 'python')])).toEqual([504, 504])
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(server.port, '/')))
    expect(answers.map(({ body }) => body)).toEqual(Array(8).fill(String(before)))
  }
  // Each once, with what it did.
  const stacks =
    /error worker\.stuck application=ends pid=\d+ request=\S+\n( .*\n)+ .*ends\.py.*stuck_in_python\n/g
  expect(server.stderr().match(stacks)).toHaveLength(4)
  expect(server.stderr()).not.toContain('is replaced')
})

it('takes the thread back, too, when the client has left', async () => {
  const server = await startEmbedded({
    modules: ['ends'],
    settings: 'threads: 1, limits: { request_time: 1s, output_idle: 1s }',
  })
  const before = httpPid(server)
  await leave(server, '/?python')
  expect((await ask(server.port, '/')).body).toBe(String(before))
  expect(httpPids(server)).toEqual([before])
})

it.each(['c', 'stubborn'])(
  'replaces the HTTP process when no thread comes back, refusing nobody: %s',
  async (way) => {
    const server = await startEmbedded({
      modules: ['ends'],
      settings: `threads: 2, ${limits}`,
      files: { 'files/long.bin': Buffer.alloc(slowBytes) },
    })
    const before = httpPid(server)
    const idle = await keptConnection(server)
    const slow = await slowReader(server)
    let done = false
    const failures = askAllTheWhile(server, () => done)
    // Two threads and that of the lane.
    const all = Array.from({ length: 3 }, () => stuck(server, way))
    expect(await Promise.all(all)).toEqual([504, 504, 504])
    await within(20_000, idle.ended, 'the end of the idle connection')
    await eventually(async () => expect((await ask(server.port, '/')).body).not.toBe(String(before)))
    done = true
    expect(await failures).toEqual([])
    // The old process ends when its last answer is out.
    expect(isAlive(before)).toBe(true)
    expect(await slow.rest()).toBe(slowBytes)
    await eventually(() => expect(isAlive(before)).toBe(false))
    expect(server.stderr()).toContain('No thread of this embedded application comes back')
    expect(httpPids(server)).toHaveLength(1)
  },
)

/** Resolves when the server closes the connection, and that cleanly. */
async function keptConnection({ port }: RunningPortico): Promise<{ readonly ended: Promise<void> }> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()))
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('end', resolve)
    socket.once('error', reject)
  })
  socket.write('GET /files/a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await within(10_000, answered, 'an answer')
  return { ended }
}

/** Octets of the long answer, a file that no socket holds as a whole. */
const slowBytes = 32 * 1024 * 1024

/** Begins to read a long answer and stops; `rest` reads on and resolves to the length of the whole. */
async function slowReader({ port }: RunningPortico): Promise<{ rest(): Promise<number> }> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let head = -1
  let received = 0
  const begun = new Promise<void>((resolve) => {
    socket.on('data', (piece: Buffer) => {
      if (head < 0) head = piece.indexOf('\r\n\r\n') + 4
      received += piece.length
      socket.pause()
      resolve()
    })
  })
  socket.write(requestText('/files/long.bin'))
  await within(10_000, begun, 'the beginning of the long answer')
  return {
    rest: () => {
      socket.removeAllListeners('data').on('data', (piece: Buffer) => {
        received += piece.length
      })
      const ended = new Promise<number>((resolve, reject) => {
        socket.once('end', () => resolve(received - head))
        socket.once('error', reject)
      })
      socket.resume()
      return within(20_000, ended, 'the end of the long answer')
    },
  }
}

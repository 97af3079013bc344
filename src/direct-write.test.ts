import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../test/double/eventually.ts'
import { unsentBytes, writeTo } from './direct-write.ts'

/** Two ends of a connection; the far one reads nothing yet. */
async function pair(kind: 'tcp' | 'unix'): Promise<{ near: Socket; far: Socket }> {
  const found: { far?: Socket } = {}
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    found.far = socket
  })
  const directory = mkdtempSync(join(tmpdir(), 'portico-write-'))
  const path = join(directory, 's')
  if (kind === 'tcp') server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  const address = server.address()
  const near =
    typeof address === 'object' && address !== null ? connect(address.port, '127.0.0.1') : connect(path)
  near.on('error', () => {})
  const far = await eventually('the connection', () => found.far)
  if (near.connecting) await once(near, 'connect')
  onTestFinished(() => {
    near.destroy()
    far.destroy()
    server.close()
    rmSync(directory, { recursive: true })
  })
  return { near, far }
}

function octetsOf(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = []
  socket.on('data', (piece: Buffer) => pieces.push(piece))
  socket.resume()
  return new Promise((resolve) => socket.on('end', () => resolve(Buffer.concat(pieces))))
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on('close', () => resolve()))
}

function piece(number: number, size: number): Buffer {
  return Buffer.alloc(size, `${number};`)
}

describe.each(['tcp', 'unix'] as const)('writeTo over %s', (kind) => {
  it('writes at once, past the stream', async () => {
    const { near, far } = await pair(kind)
    let streamed = 0
    const { _write } = near
    near._write = (...all) => {
      streamed++
      _write.apply(near, all)
    }
    expect(writeTo(near, Buffer.from('small'))).toBe(true)
    expect(unsentBytes(near)).toBe(0)
    expect(streamed).toBe(0)
    expect(near.bytesWritten).toBe(5)
    near.end()
    expect((await octetsOf(far)).toString()).toBe('small')
  })

  it('keeps the order of what waits, its own and that of the stream', async () => {
    const { near, far } = await pair(kind)
    const written: Buffer[] = []
    const write = (size: number, how: (bytes: Buffer) => void) => {
      const bytes = piece(written.length, size)
      written.push(bytes)
      how(bytes)
    }
    const direct = (bytes: Buffer) => writeTo(near, bytes)
    while (unsentBytes(near) === 0) write(1_000_003, direct)
    expect(near.writableLength).toBe(0)
    // Behind what libuv holds, the stream takes over, and asks to wait.
    const last = piece(written.length, 100_001)
    written.push(last)
    expect(writeTo(near, last)).toBe(false)
    write(70_001, (bytes) => near.write(bytes))
    write(17, direct)
    const whole = octetsOf(far)
    await once(near, 'drain')
    write(23, direct)
    near.end()
    expect((await whole).equals(Buffer.concat(written))).toBe(true)
    expect(unsentBytes(near)).toBe(0)
  })

  it('takes a corked stream for what it is', async () => {
    const { near, far } = await pair(kind)
    near.cork()
    near.write('first, ')
    writeTo(near, Buffer.from('second'))
    near.uncork()
    near.end()
    expect((await octetsOf(far)).toString()).toBe('first, second')
  })

  it('lets a socket close whose rest nobody takes', async () => {
    const { near } = await pair(kind)
    while (unsentBytes(near) === 0) writeTo(near, piece(0, 1_000_003))
    const gone = closed(near)
    near.destroy()
    await gone
    expect(writeTo(near, Buffer.from('nothing'))).toBe(false)
    // What was under way elsewhere does not hinder anybody.
    const other = await pair(kind)
    writeTo(other.near, Buffer.from('x'))
    expect(other.near.writableLength).toBe(0)
  })

  it('closes its socket when the other side is gone', async () => {
    const { near, far } = await pair(kind)
    const gone = closed(near)
    const codes: unknown[] = []
    near.on('error', (error) => codes.push('code' in error ? error.code : error.message))
    while (unsentBytes(near) === 0) writeTo(near, piece(0, 1_000_003))
    far.destroy()
    await gone
    // One that said nothing would look like an end in order.
    expect(codes).toEqual([expect.stringMatching(/^(EPIPE|ECONNRESET)$/)])
    const again = await pair(kind)
    const goneToo = closed(again.near)
    again.near.resume()
    again.far.destroy()
    await eventually('an error of the kernel', () => {
      writeTo(again.near, Buffer.from('x'))
      return again.near.destroyed ? true : undefined
    })
    await goneToo
  })
})

/** A server of a thread of its own, which reads while others write; it tells where it listens, and the octets it has had. */
const reader = `
const { parentPort } = require('node:worker_threads')
const server = require('node:net').createServer((socket) => {
  let octets = 0
  socket.on('data', (piece) => { octets += piece.length })
  socket.on('end', () => { server.close(); parentPort.postMessage(octets) })
}).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
`

it('goes on when the other side reads in the middle of a write', async () => {
  const worker = new Worker(reader, { eval: true })
  onTestFinished(async () => void (await worker.terminate()))
  const [port] = (await once(worker, 'message')) as [number]
  const near = connect(port, '127.0.0.1')
  await once(near, 'connect')
  const bytes = Buffer.alloc(64 * 1024)
  const pieces = 5000
  for (let number = 0; number < pieces; number++) {
    if (!writeTo(near, bytes)) await once(near, 'drain')
    else if (number % 8 === 0) await setImmediate()
  }
  near.end()
  expect(await once(worker, 'message')).toEqual([pieces * bytes.length])
})

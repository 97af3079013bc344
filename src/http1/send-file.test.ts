import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/double/eventually.ts'
import { FakeSocket } from '../../test/double/fake-socket.ts'
import { readInMemory, sendFile } from './send-file.ts'

const content = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * 7 + (i >> 8) + (i >> 16)) & 0xff))
const path = join(tmpdir(), `portico-send-file-${process.pid}`)
let file: number
let near: Socket
let far: Socket
let received = Buffer.alloc(0)

beforeEach(async () => {
  writeFileSync(path, content)
  file = openSync(path, 'r')
  received = Buffer.alloc(0)
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  far = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  near = await new Promise((resolve) => server.once('connection', resolve))
  server.close()
})
afterEach(() => {
  near.destroy()
  far.destroy()
  closeSync(file)
  rmSync(path, { force: true })
})

const readFar = () =>
  far.on('data', (bytes) => {
    received = Buffer.concat([received, bytes])
  })

describe('sendFile', () => {
  it('sends what there is room for, in order, and says how much', async () => {
    readFar()
    let position = 1000
    await eventually('the end of the file', () => {
      position += sendFile(near, file, position, content.length - position)
      return position === content.length ? true : undefined
    })
    await eventually('all octets', () => (received.length === content.length - 1000 ? true : undefined))
    expect(received.equals(content.subarray(1000))).toBe(true)
  })

  it('stops when the far side takes nothing, without waiting', () => {
    far.pause()
    let sent = 0
    for (let taken = 1; taken > 0; sent += taken) taken = sendFile(near, file, 0, content.length)
    expect(sent).toBeGreaterThan(0)
    expect(sendFile(near, file, 0, 1)).toBe(0)
  })

  it('does nothing behind the end of the file, and while octets wait for the socket', () => {
    expect(sendFile(near, file, content.length, 10)).toBe(0)
    near.cork()
    near.write('first')
    expect(sendFile(near, file, 0, 10)).toBe(0)
    near.uncork()
    expect(sendFile(near, file, 0, 10)).toBe(10)
  })

  it('does nothing on what is no socket of the system, or none any more', async () => {
    expect(sendFile(new FakeSocket().asSocket, file, 0, 10)).toBe(0)
    near.destroy()
    expect(sendFile(near, file, 0, 10)).toBe(0)
  })
})

describe('readInMemory', () => {
  it('reads what is in memory', () => {
    sendFile(near, file, 0, 1)
    const into = Buffer.alloc(100)
    expect(readInMemory(file, into, content.length - 40, 100)).toBe(40)
    expect(into.subarray(0, 40).equals(content.subarray(-40))).toBe(true)
    expect(readInMemory(file, into, content.length, 100)).toBe(0)
  })
})

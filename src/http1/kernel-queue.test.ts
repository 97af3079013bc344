import { once } from 'node:events'
import { fstatSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../test/double/eventually.ts'
import { KernelQueues } from './kernel-queue.ts'

describe('KernelQueues', () => {
  it('tells what the kernel holds for a client that does not read, and that it is less when it reads', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const client = connect(port, '127.0.0.1')
    const [socket] = (await once(server, 'connection')) as [Socket]
    onTestFinished(() => {
      client.destroy()
      socket.destroy()
      server.close()
    })
    client.pause()
    socket.write(Buffer.alloc(16 << 20))
    const queues = new KernelQueues()
    const look = (sinceMs: number): Promise<{ octets: number; atMs: number }> =>
      eventually('what the kernel holds', () => {
        const found = queues.of(socket, sinceMs)
        if (found === undefined) throw new Error('not known')
        return found === 'later' ? undefined : found
      })
    const before = await look(0)
    expect(before.octets).toBeGreaterThan(10_000)
    client.resume()
    await eventually('the rest', () => (socket.writableLength === 0 ? true : undefined))
    let last = before
    while (last.octets > 0) {
      const next = await look(last.atMs + 1)
      expect(next.atMs).toBeGreaterThan(last.atMs)
      last = next
    }
  })

  it('gives what it has read though reading takes longer than it stays fresh', async () => {
    let nowMs = 0
    const line = ' 0: 0100007F:1F90 0100007F:8000 01 0000000A:00000000 00:00000000 00000000     0        0 '
    const socket = { _handle: { fd: 0 } } as unknown as Socket
    const inode = fstatSync(0).ino
    const queues = new KernelQueues(
      async () => {
        nowMs += 5000
        return [`${line}${inode} 1 0\n`]
      },
      () => nowMs,
    )
    expect(queues.of(socket, 0)).toBe('later')
    await eventually('an answer', () => (queues.of(socket, 0) === 'later' ? undefined : true))
    expect(queues.of(socket, 0)).toEqual({ octets: 10, atMs: nowMs })
    expect(queues.of(socket, nowMs + 1)).toBe('later')
  })
})

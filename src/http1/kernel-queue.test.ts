import { once } from 'node:events'
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
    let nowMs = 0
    const look = (): Promise<number> =>
      eventually('what the kernel holds', () => {
        const found = queues.of(socket, nowMs)
        if (found === undefined) throw new Error('not known')
        return found === 'later' ? undefined : found
      })
    const before = await look()
    expect(before).toBeGreaterThan(10_000)
    nowMs += 10_000
    client.resume()
    await eventually('the rest', () => (socket.writableLength === 0 ? true : undefined))
    nowMs += 10_000
    await eventually('an empty queue', () => {
      const found = queues.of(socket, nowMs)
      nowMs += found === 'later' ? 0 : 2000
      return found === 0 ? true : undefined
    })
  })
})

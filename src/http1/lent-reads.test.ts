import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../test/double/eventually.ts'
import { readFrom } from './lent-reads.ts'

interface Read {
  readonly far: Socket
  text: string
  lent: boolean[]
  ended: boolean
}

/** A client, and the socket that was accepted for it. */
async function pair(before: (socket: Socket) => void = () => {}): Promise<[Socket, Read]> {
  const found: { read?: Read } = {}
  const server = createServer({ allowHalfOpen: true }, (far) => {
    const read: Read = { far, text: '', lent: [], ended: false }
    before(far)
    readFrom(far, (bytes, isLent) => {
      read.text += bytes.toString('latin1')
      read.lent.push(isLent)
    })
    far.on('end', () => {
      read.ended = true
      far.end()
    })
    found.read = read
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const client = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  return [client, await eventually('the connection', () => found.read)]
}

describe('readFrom', () => {
  it('lends what comes over an accepted socket, up to its end', async () => {
    const [client, read] = await pair()
    client.write('one')
    await eventually('the first octets', () => (read.text === 'one' ? true : undefined))
    client.end('two')
    await eventually('the end', () => (read.ended ? true : undefined))
    expect(read.text).toBe('onetwo')
    expect(read.lent).toEqual([true, true])
  })

  it('does not read while the socket is paused', async () => {
    const [client, read] = await pair()
    read.far.pause()
    client.write('kept')
    const [other, later] = await pair()
    other.write('x')
    await eventually('octets of another', () => (later.text === 'x' ? true : undefined))
    expect(read.text).toBe('')
    read.far.resume()
    await eventually('what was kept', () => (read.text === 'kept' ? true : undefined))
  })

  it('leaves a socket that was read from to its stream', async () => {
    const [client, read] = await pair((far) => {
      far.pause()
      far.unshift(Buffer.from('put back, '))
      setImmediate(() => far.resume())
    })
    client.write('then this')
    await eventually('both', () => (read.text === 'put back, then this' ? true : undefined))
    expect(read.lent.includes(true)).toBe(false)
  })
})

import { existsSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../../../test/app/worker/stand-in.ts'
import type { ListenerAddress } from './listener-address.ts'
import { type BoundListener, bindListener } from './listener-handles.ts'

const tcp = (host: string, port = 0): ListenerAddress => ({
  address: `${host}:${port}`,
  kind: 'tcp',
  host,
  port,
  path: '',
})
const unix = (path: string): ListenerAddress => ({
  address: `unix:${path}`,
  kind: 'unix',
  host: '',
  port: 0,
  path,
})

function bound(listener: BoundListener): Extract<BoundListener, { kind: 'ok' }> {
  if (listener.kind === 'bad') throw new Error(listener.message)
  onTestFinished(() => listener.close())
  return listener
}

async function listen(where: { port: number; host: string } | { path: string }): Promise<Server> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(where, resolve))
  onTestFinished(() => {
    server.close()
  })
  return server
}

describe('bindListener', () => {
  it('tells the port that a port of 0 became', async () => {
    const listener = bound(await bindListener(tcp('127.0.0.1')))
    expect(listener.fd).toBeGreaterThan(2)
    expect(listener.bound.port).toBeGreaterThan(0)
  })

  it('binds every address, IPv6, and names', async () => {
    expect(bound(await bindListener(tcp(''))).bound.port).toBeGreaterThan(0)
    expect(bound(await bindListener(tcp('localhost'))).bound.port).toBeGreaterThan(0)
    const { port } = bound(await bindListener(tcp('::'))).bound
    expect(bound(await bindListener(tcp('0.0.0.0', port))).bound.port).toBe(port)
  })

  it('names the process that has the port', async () => {
    const server = await listen({ port: 0, host: '127.0.0.1' })
    const { port } = server.address() as AddressInfo
    const listener = await bindListener(tcp('127.0.0.1', port))
    expect(listener).toMatchObject({ kind: 'bad' })
    if (listener.kind !== 'bad') return
    const prefix = `Cannot listen on "127.0.0.1:${port}": process ${process.pid} (`
    expect(listener.message.slice(0, prefix.length)).toBe(prefix)
    expect(listener.hint).toBe('Stop it, or choose another address with listen: or --listen')
  })

  it('explains addresses that this machine does not have and names that nobody has', async () => {
    expect(await bindListener(tcp('192.0.2.1'))).toMatchObject({
      message: 'Cannot listen on "192.0.2.1:0": no interface of this machine has the address 192.0.2.1',
    })
    expect(await bindListener(tcp('no-such-name.invalid'))).toMatchObject({
      message: 'Cannot listen on "no-such-name.invalid:0": the name "no-such-name.invalid" has no address',
    })
  })

  it('binds a unix socket with its mode and removes the file at the end', async () => {
    const path = join(temporaryDirectory(), 'http.sock')
    const listener = await bindListener(unix(path), { mode: 0o660 })
    if (listener.kind === 'bad') throw new Error(listener.message)
    expect(statSync(path).mode & 0o777).toBe(0o660)
    listener.close()
    expect(existsSync(path)).toBe(false)
  })

  it('gives the socket its mode whatever the umask is, and leaves that as it was', async () => {
    const directory = temporaryDirectory()
    const before = process.umask(0o077)
    onTestFinished(() => void process.umask(before))
    for (const mode of [0o600, 0o660, 0o666, 0o777]) {
      const path = join(directory, `${mode}.sock`)
      bound(await bindListener(unix(path), { mode, gid: process.getgid?.() ?? 0 }))
      expect(statSync(path).mode & 0o777).toBe(mode)
      expect(process.umask()).toBe(0o077)
    }
  })

  it('takes over a socket file that nobody answers on', async () => {
    const path = join(temporaryDirectory(), 'http.sock')
    // Bound, not listening: a connect is refused, as after the death of its owner.
    bound(await bindListener(unix(path)))
    bound(await bindListener(unix(path)))
    expect(existsSync(path)).toBe(true)
  })

  it('refuses a socket that somebody answers on, and files that are no sockets', async () => {
    const directory = temporaryDirectory()
    const live = join(directory, 'live.sock')
    await listen({ path: live })
    expect(await bindListener(unix(live))).toMatchObject({
      message: expect.stringMatching(`^Cannot listen on "unix:${live}": process ${process.pid} `),
    })
    const file = join(directory, 'file')
    writeFileSync(file, 'precious')
    expect(await bindListener(unix(file))).toMatchObject({
      message: `Cannot listen on "unix:${file}": it exists and is not a socket`,
    })
  })

  it('refuses a path of 108 bytes and takes one of 107', async () => {
    const directory = temporaryDirectory()
    const path = (bytes: number): string => join(directory, 'x'.repeat(bytes - directory.length - 1))
    expect(await bindListener(unix(path(108)))).toMatchObject({ kind: 'bad' })
    expect(bound(await bindListener(unix(path(107)))).bound.path.length).toBe(107)
  })

  it('explains a directory that does not exist', async () => {
    expect(await bindListener(unix('/no/such/directory/s.sock'))).toMatchObject({
      message: 'Cannot listen on "unix:/no/such/directory/s.sock": its directory does not exist',
    })
  })
})

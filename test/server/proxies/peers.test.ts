// Which peers are trusted: by unix socket, by IPv4 through a listener of both families, or none; and how long they stay.

import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { configuration, placeBy } from './place.ts'

const told = ['X-Forwarded-For: 203.0.113.5', 'X-Forwarded-Proto: https']
const socketPath = (): string =>
  join(tmpdir(), `portico-proxy-${process.pid}-${Math.random().toString(36).slice(2)}.sock`)

it('nobody is trusted without trusted_proxies', async () => {
  const path = socketPath()
  const server = await startPortico({ config: configuration(`listen: ["127.0.0.1:0", "unix:${path}"]`) })
  const byPort = await placeBy({ port: server.port, host: '127.0.0.1' }, told)
  expect(byPort).toMatchObject({ REMOTE_ADDR: '127.0.0.1', 'wsgi.url_scheme': 'http' })
  expect(byPort).not.toHaveProperty('HTTP_X_FORWARDED_PROTO')
  const bySocket = await placeBy({ path }, told)
  expect(bySocket).toMatchObject({ REMOTE_ADDR: '', 'wsgi.url_scheme': 'http' })
  expect(bySocket).not.toHaveProperty('HTTP_X_FORWARDED_PROTO')
  expect(server.stderr()).toContain('trusted_proxies: ["127.0.0.1"]')
  expect(server.stderr()).toContain('trusted_proxies: ["unix"]')
})

it('"unix" trusts who comes over a unix socket, and nobody else', async () => {
  const path = socketPath()
  const server = await startPortico({
    config: configuration('trusted_proxies: unix', `listen: ["127.0.0.1:0", "unix:${path}"]`),
  })
  expect(await placeBy({ path }, told, 'shop.test')).toMatchObject({
    REMOTE_ADDR: '203.0.113.5',
    SERVER_PORT: '443',
    HTTPS: 'on',
    url: 'https://shop.test/a%20b?q=1',
  })
  expect(await placeBy({ path }, ['X-Forwarded-For: unix:'])).toMatchObject({
    REMOTE_ADDR: '',
    SERVER_PORT: '80',
  })
  const byPort = await placeBy({ port: server.port, host: '127.0.0.1' }, told)
  expect(byPort).toMatchObject({ REMOTE_ADDR: '127.0.0.1', 'wsgi.url_scheme': 'http' })
})

it('an IPv4 peer is the same on a listener of both families', async () => {
  const server = await startPortico({
    config: configuration('trusted_proxies: [127.0.0.0/8]', 'listen: ["127.0.0.1:0", "*:0"]'),
  })
  const port = Number(/http:\/\/0\.0\.0\.0:(\d+)/.exec(server.stderr())?.[1])
  expect(await placeBy({ port, host: '127.0.0.1' }, told)).toMatchObject({
    REMOTE_ADDR: '203.0.113.5',
    HTTPS: 'on',
  })
})

it('fields: forwarded believes Forwarded alone and hands on nothing else', async () => {
  const server = await startPortico({
    config: configuration('trusted_proxies: { addresses: 127.0.0.1, fields: forwarded }'),
  })
  const place = await placeBy({ port: server.port, host: '127.0.0.1' }, [
    'Forwarded: for=203.0.113.9',
    ...told,
  ])
  expect(place).toMatchObject({ REMOTE_ADDR: '203.0.113.9', HTTP_FORWARDED: 'for=203.0.113.9' })
  expect(place).toMatchObject({ 'wsgi.url_scheme': 'http' })
  expect(place).not.toHaveProperty('HTTP_X_FORWARDED_PROTO')
})

it('connections of trusted proxies are kept longer than those of others', async () => {
  const server = await startPortico({
    config: configuration('trusted_proxies: [127.0.0.1]', 'limits: { keep_alive: 400ms }'),
  })
  const proxy = open(server.port, '127.0.0.1')
  const other = open(server.port, '127.0.0.2')
  await Promise.all([proxy.ask(), other.ask()])
  await within(
    15_000,
    new Promise((resolve) => other.socket.once('close', resolve)),
    'the close of the other',
  )
  await proxy.ask()
  expect(proxy.socket.closed).toBe(false)
})

/** A connection that stays, and a request on it. */
function open(port: number, localAddress: string): { socket: Socket; ask(): Promise<void> } {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  onTestFinished(() => void socket.destroy())
  const ask = (): Promise<void> => {
    const answered = new Promise<void>((resolve, reject) => {
      socket.once('data', () => resolve())
      socket.once('close', () => reject(new Error('closed')))
    })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    return within(15_000, answered, 'an answer')
  }
  return { socket, ask }
}

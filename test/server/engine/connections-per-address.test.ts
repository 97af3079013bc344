// Connections of one client: its own limit, which is nobody else's. Clients come from 127.0.0.2 and the like.

import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { scratch } from '../cli/command.ts'

const redirect = 'mounts: { /: { redirect: /there } }'
const limits = 'limits: { connections_per_address: 2 }'
const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

interface Held {
  readonly socket: Socket
  readonly status: number
}

/** Asks once and keeps the connection. */
async function hold(way: NetConnectOpts, header = ''): Promise<Held> {
  const socket = connect(way)
  onTestFinished(() => void socket.destroy())
  const status = new Promise<number>((resolve) => {
    let said = ''
    socket.on('error', () => {}).on('close', () => resolve(0))
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text
      if (said.includes('\r\n\r\n')) resolve(Number(said.split(' ')[1]))
    })
    socket.write(header + request, 'latin1')
  })
  return { socket, status: await within(15_000, status, 'an answer') }
}

/** Asks so often, one after the other, and keeps all connections. */
async function statuses(count: number, way: NetConnectOpts, header = ''): Promise<number[]> {
  const seen: number[] = []
  for (let i = 0; i < count; i++) seen.push((await hold(way, header)).status)
  return seen
}

const from = ({ port }: RunningPortico, localAddress: string) => ({ port, host: '127.0.0.1', localAddress })

it('a client gets as many as it may, a 503 for the next, and another one when one has gone', async () => {
  const server = await startPortico({ config: `${limits}\n${redirect}` })
  const first = await hold(from(server, '127.0.0.2'))
  expect(await statuses(4, from(server, '127.0.0.2'))).toEqual([302, 503, 503, 503])
  expect(await statuses(2, from(server, '127.0.0.3'))).toEqual([302, 302])
  first.socket.destroy()
  const lines = await eventually('all refusals', () => {
    const found = server
      .stderr()
      .split('\n')
      .filter((line) => line.includes('connections.refused'))
    const counts = found.map((line) => Number(/ count=(\d+)/.exec(line)?.[1]))
    return counts.reduce((sum, count) => sum + count, 0) >= 3 ? found : undefined
  })
  expect(lines[0]).toMatch(/ address=127\.0\.0\.2 limit=2 count=1 \| Raise limits\.connections_per_address/)
  expect(await untilServed(from(server, '127.0.0.2'))).toBe(302)
})

/** The close of a connection takes its time to be seen. */
async function untilServed(way: NetConnectOpts): Promise<number> {
  for (;;) {
    const { status } = await hold(way)
    if (status === 302) return status
  }
}

it('trusted proxies and unix sockets have no limit', async () => {
  const path = join(scratch(), 'http.sock')
  const server = await startPortico({
    config: `listen: ["127.0.0.1:0", "unix:${path}"]\ntrusted_proxies: [127.0.0.2]\n${limits}\n${redirect}`,
  })
  expect(await statuses(4, from(server, '127.0.0.2'))).toEqual([302, 302, 302, 302])
  expect(await statuses(4, { path })).toEqual([302, 302, 302, 302])
  expect(await statuses(3, from(server, '127.0.0.3'))).toEqual([302, 302, 503])
})

it('behind the PROXY protocol the clients count, those of IPv6 by their network', async () => {
  const listen = 'listen: { address: "127.0.0.1:0", proxy_protocol: true }'
  const server = await startPortico({
    config: `${listen}\ntrusted_proxies: [127.0.0.1]\n${limits}\n${redirect}`,
  })
  const ask = async (source: string): Promise<number> => {
    const family = source.includes(':') ? `TCP6 ${source} ::1` : `TCP4 ${source} 192.0.2.1`
    return (await hold(from(server, '127.0.0.1'), `PROXY ${family} 4711 80\r\n`)).status
  }
  const sources = ['203.0.113.5', '203.0.113.5', '203.0.113.5', '203.0.113.6']
  const networks = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::3']
  const seen: number[] = []
  for (const source of [...sources, ...networks]) seen.push(await ask(source))
  expect(seen).toEqual([302, 302, 503, 302, 302, 302, 503, 302])
  const unknown = 'PROXY UNKNOWN\r\n'
  expect(await statuses(3, from(server, '127.0.0.1'), unknown)).toEqual([302, 302, 503])
})

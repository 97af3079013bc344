// Listeners with proxy_protocol: the header decides who the client is, and nobody gets by without one.
// 127.0.0.1 and 198.51.100.0/24 are trusted proxies here, 127.0.0.2 is somebody else who connects.

import { execFile } from 'node:child_process'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isMissing } from '../../double/project.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'
import { parseReply, requestText } from '../cli/ask.ts'
import { type FrontKind, fronts, readableDirectory, startFront } from './front.ts'
import { configuration, type Place, placeBy } from './place.ts'

const listen = 'listen: { address: "127.0.0.1:0", proxy_protocol: true }'
const proxies = 'trusted_proxies: [127.0.0.1, 198.51.100.0/24]'
const version1 = 'PROXY TCP4 203.0.113.5 192.0.2.1 4711 8443\r\n'
const signature = '\r\n\r\n\0\r\nQUIT\n'
const local = `${signature}\x20\0\0\0`
const question = (...fields: string[]): string => requestText('/a%20b?q=1', { fields, host: 'shop.test' })

function start(...lines: readonly string[]): Promise<RunningPortico> {
  return startPortico({ config: configuration(listen, proxies, ...lines) })
}

async function placeBehind(server: RunningPortico, header: string, ...fields: string[]): Promise<Place> {
  const reply = parseReply(await rawExchange(server.port, header + question(...fields)))
  if (reply.status !== 200) throw new Error(`status ${reply.status}: ${reply.body}`)
  return JSON.parse(reply.body)
}

/** What comes back until the close. */
function sayTo(way: NetConnectOpts, text: string): Promise<string> {
  const socket = connect(way)
  onTestFinished(() => void socket.destroy())
  const said = new Promise<string>((resolve) => {
    let received = ''
    socket.setEncoding('latin1').on('data', (piece: string) => {
      received += piece
    })
    socket.on('error', () => {}).on('close', () => resolve(received))
    socket.write(text, 'latin1')
  })
  return within(15_000, said, 'the close')
}

function refusals(server: RunningPortico): string[] {
  return server
    .stderr()
    .split('\n')
    .filter((line) => line.includes('proxy.refused'))
}

describe('behind a header', () => {
  it('the client is whom it names, for applications and the access log', async () => {
    const server = await start('log: { format: json }')
    expect(await placeBehind(server, version1)).toEqual({
      REMOTE_ADDR: '203.0.113.5',
      REMOTE_PORT: '4711',
      SERVER_NAME: 'shop.test',
      SERVER_PORT: '8443',
      HTTP_HOST: 'shop.test',
      REQUEST_URI: '/a%20b?q=1',
      'wsgi.url_scheme': 'http',
      url: 'http://shop.test/a%20b?q=1',
    })
    const version2 = `${signature}\x21\x11\0\x0c\xcb\0\x71\x06\xc0\0\x02\x01\0\x50\x01\xbb`
    expect(await placeBehind(server, version2)).toMatchObject({
      REMOTE_ADDR: '203.0.113.6',
      REMOTE_PORT: '80',
      SERVER_PORT: '443',
    })
    const logged = await eventually('both lines', () => {
      const lines = server.stdout().trim().split('\n')
      return lines.length === 2 ? lines : undefined
    })
    const addresses = logged.map((line) => JSON.parse(line).remote_address)
    expect(addresses).toEqual(['203.0.113.5', '203.0.113.6'])
  })

  it('the proxy is its own client when it says so, or nothing', async () => {
    const server = await start()
    expect(await placeBehind(server, local)).toMatchObject({ REMOTE_ADDR: '127.0.0.1' })
    expect(await placeBehind(server, 'PROXY UNKNOWN\r\n')).toMatchObject({ REMOTE_ADDR: '127.0.0.1' })
    const unix = `${signature}\x21\x31\0\xd8${'\0'.repeat(216)}`
    expect(await placeBehind(server, unix)).toMatchObject({ REMOTE_ADDR: '', SERVER_PORT: '80' })
  })

  it('what a client claims in fields reaches nobody, what a second trusted proxy says does', async () => {
    const server = await start()
    const claims = ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https', 'Forwarded: for=6.6.6.6']
    for (const header of [version1, 'PROXY UNKNOWN\r\n']) {
      const usual = { ...(await placeBehind(server, header)), REMOTE_PORT: expect.anything() }
      expect(await placeBehind(server, header, ...claims)).toEqual(usual)
    }
    const second = 'PROXY TCP4 198.51.100.7 192.0.2.1 4711 80\r\n'
    for (const header of [second, local]) {
      expect(await placeBehind(server, header, ...claims)).toMatchObject({
        REMOTE_ADDR: '6.6.6.6',
        'wsgi.url_scheme': 'https',
      })
    }
  })

  it('every octet counts, however they come', async () => {
    const server = await start()
    const both = requestText('/', { host: 'a' }).replace('Connection: close\r\n', '') + question()
    expect((await rawExchange(server.port, version1 + both)).match(/ 200 OK/g)).toHaveLength(2)
    expect(await rawExchange(server.port, version1 + question(), { end: true })).toContain('203.0.113.5')
    expect(server.stderr()).toContain(`${server.url}   PROXY protocol, from trusted proxies\n`)
    const socket = connect(server.port, '127.0.0.1').setNoDelay()
    onTestFinished(() => void socket.destroy())
    let said = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      said += text
    })
    for (const octet of version1 + question()) {
      await new Promise((resolve) => socket.write(octet, 'latin1', resolve))
    }
    await within(15_000, new Promise((resolve) => socket.once('end', resolve)), 'the answer')
    expect(JSON.parse(parseReply(said).body)).toMatchObject({ REMOTE_ADDR: '203.0.113.5' })
  })
})

describe('closed without an answer', () => {
  it('is everybody who is not a trusted proxy, whatever they say', async () => {
    const server = await start()
    const way = { port: server.port, host: '127.0.0.1', localAddress: '127.0.0.2' }
    expect(await sayTo(way, version1 + question())).toBe('')
    expect(await sayTo(way, question())).toBe('')
    const [line] = await eventually('the warning', () => {
      return refusals(server).length > 0 ? refusals(server) : undefined
    })
    expect(line).toMatch(/ warn .*peer=127\.0\.0\.2 .*add it: trusted_proxies: \["127\.0\.0\.2"\]$/)
  })

  it('is a trusted proxy without a header, and the log says how to mend it, not each time', async () => {
    const server = await start()
    const way = { port: server.port, host: '127.0.0.1' }
    const wrong = [question(), 'PROXY TCP4 nobody\r\n', `${signature}\x31\0\0\0`, '\x16\x03\x01']
    for (let i = 0; i < 5; i++) for (const text of wrong) expect(await sayTo(way, text)).toBe('')
    const lines = await eventually('the rest of them', () => {
      const counted = refusals(server).map((line) => Number(/ count=(\d+)/.exec(line)?.[1]))
      return counted.reduce((sum, count) => sum + count, 0) === 20 ? refusals(server) : undefined
    })
    expect(lines.length).toBeLessThan(15)
    expect(lines[0]).toContain('let the proxy send it (HAProxy: send-proxy-v2, nginx: proxy_protocol on)')
    expect(await placeBehind(server, version1)).toMatchObject({ REMOTE_ADDR: '203.0.113.5' })
  })

  it('is who does not finish it in time; who only connects is no news', async () => {
    const server = await start('limits: { head_time: 300ms }')
    const way = { port: server.port, host: '127.0.0.1' }
    const looks = connect(way)
    looks.on('error', () => {}).on('connect', () => looks.end())
    await within(15_000, new Promise((resolve) => looks.resume().once('close', resolve)), 'its close')
    expect(await sayTo(way, 'PROXY TCP4 203.0.113.5')).toBe('')
    const lines = await eventually('the warning', () => {
      return refusals(server).length > 0 ? refusals(server) : undefined
    })
    expect(lines).toEqual([expect.stringContaining('it did not come in time')])
  })
})

it('a server that stops does not wait for headers', async () => {
  const server = await start()
  const silent = await new Promise<Socket>((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => resolve(socket))
  })
  silent.on('error', () => {})
  const closed = within(10_000, new Promise((resolve) => silent.resume().once('close', resolve)), 'its close')
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  await closed
})

const [nginx, , , haproxy] = fronts as readonly [FrontKind, FrontKind, FrontKind, FrontKind]
const streams: readonly (readonly [string, FrontKind])[] = [
  ['haproxy, version 2', { ...haproxy, shows: 'send-proxy' }],
  [
    'haproxy, version 1',
    {
      ...haproxy,
      shows: 'send-proxy',
      wrap: (lines, directory, port) =>
        haproxy.wrap(lines.replace('send-proxy-v2', 'send-proxy'), directory, port),
    },
  ],
  [
    'nginx, version 1',
    {
      ...nginx,
      package: 'libnginx-mod-stream',
      shows: 'stream {',
      wrap: (lines, directory) =>
        `load_module /usr/lib/nginx/modules/ngx_stream_module.so;\ndaemon off;\nworker_processes 1;\npid ${directory}/pid;\nerror_log stderr;\nuser root;\nevents {}\n${lines}`,
    },
  ],
]

describe.each(streams)('%s', (_, kind) => {
  const claims = ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https']

  async function check(upstream: number | string): Promise<void> {
    const port = await startFront(kind, upstream)
    const way = { port, host: '127.0.0.1', localAddress: '127.0.0.3' }
    for (const fields of [[], claims, []]) {
      const place = await placeBy(way, fields, 'shop.test')
      expect(place).toMatchObject({
        REMOTE_ADDR: '127.0.0.3',
        SERVER_PORT: String(port),
        'wsgi.url_scheme': 'http',
        url: 'http://shop.test/a%20b?q=1',
      })
      expect(Object.keys(place).filter((name) => /HTTP_X_/.test(name))).toEqual([])
    }
  }

  it.skipIf(isMissing(kind.package))('over TCP', async () => {
    const server = await start()
    await check(server.port)
    expect(refusals(server)).toEqual([])
  })

  it.skipIf(isMissing(kind.package))('over a unix socket', async () => {
    const path = join(readableDirectory(), 'http.sock')
    const both = `listen: ["127.0.0.1:0", { address: "unix:${path}", proxy_protocol: true }]`
    await startPortico({ config: configuration(both, 'trusted_proxies: unix') })
    await check(path)
  })
})

it.skipIf(isMissing(haproxy.package))('haproxy that checks whether the server lives', async () => {
  const server = await start('log: { format: json }')
  const checks = 'option httpchk GET /alive\n    default-server check inter 100ms\n    server portico'
  const wrap: FrontKind['wrap'] = (lines, directory, port) =>
    haproxy.wrap(lines.replace('server portico', checks), directory, port)
  const port = await startFront({ ...haproxy, shows: 'send-proxy', wrap }, server.port)
  const line = await eventually('a check', () => {
    return server
      .stdout()
      .split('\n')
      .find((one) => one.includes('/alive'))
  })
  expect(JSON.parse(line)).toMatchObject({ remote_address: '127.0.0.1', status: 200 })
  const way = { port, host: '127.0.0.1', localAddress: '127.0.0.3' }
  expect(await placeBy(way, [])).toMatchObject({ REMOTE_ADDR: '127.0.0.3' })
  expect(refusals(server)).toEqual([])
})

it.skipIf(isMissing('curl'))('curl --haproxy-protocol', async () => {
  const server = await start()
  const args = ['--silent', '--haproxy-protocol', '--interface', '127.0.0.1', `${server.url}/`]
  const { stdout } = await promisify(execFile)('curl', args, { timeout: 15_000 })
  expect(JSON.parse(stdout)).toMatchObject({ REMOTE_ADDR: '127.0.0.1', SERVER_PORT: String(server.port) })
})

// Requests of one address: who asks too often gets 429 until there is room again, and nobody else does.

import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'
import { parseReply, type Question, requestText } from '../cli/ask.ts'
import { askBy } from '../proxies/place.ts'

const apps = join(import.meta.dirname, '../../app/wsgi')
const engine = `applications: { engine: { wsgi: "engine:application", directory: ${apps}, processes: 1 } }`

/** Statuses of these targets, asked one after the other from an address. */
async function statuses(
  { port }: RunningPortico,
  localAddress: string,
  targets: readonly string[],
  question: Question = {},
): Promise<number[]> {
  const seen: number[] = []
  for (const target of targets)
    seen.push((await askBy({ port, host: '127.0.0.1', localAddress }, target, question)).status)
  return seen
}

const times = (count: number, target: string): string[] => Array.from({ length: count }, () => target)

it('the mounts of a site share its rate, a mount may have its own or none, and so may another site', async () => {
  const server = await startPortico({
    config: [
      'rate: 3/h',
      'mounts:',
      '  /: { redirect: /x }',
      '  /a: { redirect: /x }',
      '  /own: { redirect: /x, rate: { requests: 1, per: 1h, burst: 2 } }',
      '  /free: { redirect: /x, rate: off }',
      'sites: [{ hosts: [other.test], mounts: { /: { redirect: /x } } }]',
    ].join('\n'),
  })
  const shared = ['/', '/a', '/', '/a', '/', '/free', '/free', '/free', '/free']
  expect(await statuses(server, '127.0.0.2', shared)).toEqual([302, 302, 302, 429, 429, 302, 302, 302, 302])
  expect(await statuses(server, '127.0.0.2', times(3, '/own'))).toEqual([302, 302, 429])
  expect(await statuses(server, '127.0.0.2', times(5, '/'), { host: 'other.test' })).toEqual([
    302, 302, 302, 302, 302,
  ])
  expect(await statuses(server, '127.0.0.3', ['/'])).toEqual([302])
})

it('the rate of a site counts where nothing is mounted, also for guesses of passwords', async () => {
  const server = await startPortico({
    files: { htpasswd: `ann:$5$saltsalt$${'x'.repeat(43)}\n` },
    config: 'rate: 2/h\naccess: { users: htpasswd }\nmounts: { /a: { redirect: /x } }',
  })
  expect(await statuses(server, '127.0.0.2', times(4, '/nothing'))).toEqual([401, 401, 429, 429])
  expect(await statuses(server, '127.0.0.2', ['/a'])).toEqual([429])
})

it('a request pays each rate once, whatever stands between two mounts that share one', async () => {
  const server = await startPortico({
    files: { 'a/none': '', 'b/none': '', 'c/none': '' },
    config: [
      'rate: 2/h',
      'mounts:',
      '  /: { redirect: /x }',
      '  /a: { files: c, rate: 100/h }',
      '  /a/b: { files: a }',
      '  /a/b/c: { files: b, rate: 200/h }',
      '  /a/b/c/d: { files: c }',
    ].join('\n'),
  })
  expect(await statuses(server, '127.0.0.2', times(3, '/a/b/c/d/x'))).toEqual([302, 302, 429])
})

it('a 429 says when to come again, and then there is room', async () => {
  const server = await startPortico({
    config: 'mounts: { /: { redirect: /x, rate: { requests: 1, per: 200ms, burst: 1 } } }',
  })
  const way = { port: server.port, host: '127.0.0.1' }
  let refused = await askBy(way, '/')
  while (refused.status !== 429) refused = await askBy(way, '/')
  expect(refused.fields.get('retry-after')).toBe('1')
  expect(refused.body).toContain('Too many requests came from your address. Please try again in 1 s.')
  const { status } = await within(
    15_000,
    (async () => {
      for (;;) {
        const reply = await askBy(way, '/')
        if (reply.status !== 429) return reply
      }
    })(),
    'room',
  )
  expect(status).toBe(302)
})

it('no body is asked for, none reaches the application, and the connection stays', async () => {
  const server = await startPortico({
    config: `${engine}\nmounts: { /: { application: engine, rate: 1/h } }`,
  })
  const post = (more: string, body: string): string =>
    `POST /echo HTTP/1.1\r\nHost: a\r\n${more}Content-Length: 5\r\n\r\n${body}`
  expect(await rawExchange(server.port, post('Connection: close\r\n', 'hello'))).toContain('hello')
  const waiting = connect(server.port, '127.0.0.1')
  onTestFinished(() => void waiting.destroy())
  const said = new Promise<string>((resolve) => {
    waiting.setEncoding('latin1').once('data', (text: string) => resolve(text))
  })
  waiting.write(post('Expect: 100-continue\r\n', ''))
  expect(await within(15_000, said, 'an answer')).toMatch(/^HTTP\/1\.1 429 /)
  const both = post('', 'hello') + requestText('/echo')
  expect((await rawExchange(server.port, both)).match(/HTTP\/1\.1 429 /g)).toHaveLength(2)
})

it('files that are passed on are no way around the rate of an application', async () => {
  const server = await startPortico({
    config: `${engine}\nmounts: { /: { application: engine, rate: 1/h }, /static: { files: public } }`,
    files: { 'public/there.txt': 'there' },
  })
  const targets = [
    '/static/not-there',
    '/static/not-there',
    '/static/there.txt',
    '/static/there.txt',
    '/echo',
  ]
  expect(await statuses(server, '127.0.0.2', targets)).toEqual([200, 429, 200, 200, 429])
})

it('behind proxies the clients count, whether fields or a header name them', async () => {
  const server = await startPortico({
    config: [
      'listen: ["127.0.0.1:0"]',
      'trusted_proxies: [127.0.0.1]',
      'mounts: { /: { redirect: /x, rate: 1/h } }',
    ].join('\n'),
  })
  const by = (address: string) =>
    statuses(server, '127.0.0.1', ['/'], { fields: [`X-Forwarded-For: ${address}`] })
  const seen = []
  for (const address of ['203.0.113.5', '203.0.113.6', '203.0.113.5', '2001:db8::1', '2001:db8::2'])
    seen.push(...(await by(address)))
  expect(seen).toEqual([302, 302, 429, 302, 429])
  const listening = await startPortico({
    config: [
      'listen: { address: "127.0.0.1:0", proxy_protocol: true }',
      'trusted_proxies: [127.0.0.1]',
      'mounts: { /: { redirect: /x, rate: 1/h } }',
    ].join('\n'),
  })
  const behind = async (address: string): Promise<number> => {
    const header = `PROXY TCP4 ${address} 192.0.2.1 4711 80\r\n`
    return parseReply(await rawExchange(listening.port, header + requestText('/'))).status
  }
  const told = []
  for (const address of ['203.0.113.5', '203.0.113.6', '203.0.113.5']) told.push(await behind(address))
  expect(told).toEqual([302, 302, 429])
})

it('the log says who it was, not each time', async () => {
  const server = await startPortico({ config: 'mounts: { /: { redirect: /x, rate: 1/h } }' })
  expect(await statuses(server, '127.0.0.2', times(20, '/'))).toEqual([302, ...times(19, '').map(() => 429)])
  const lines = await eventually('the warning', () => {
    const found = server
      .stderr()
      .split('\n')
      .filter((line) => line.includes('rate.exceeded'))
    return found.length > 0 ? found : undefined
  })
  expect(lines.length).toBeLessThan(10)
  expect(lines[0]).toMatch(/ warn rate\.exceeded address=127\.0\.0\.2 mount=\/ count=1 /)
  expect(server.stderr()).not.toContain('request.failed')
})

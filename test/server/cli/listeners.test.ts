// Everything that an entry of `listen` can say, seen from outside: who may connect, to what, and how many may wait.

import { existsSync, statSync } from 'node:fs'
import { connect, type NetConnectOpts } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { httpPid } from '../../double/processes.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { askBy, configuration, type Place, placeBy } from '../proxies/place.ts'
import { portico, scratch } from './command.ts'

const redirect = 'mounts: { /: { redirect: /there } }'
const hasIpv6 = existsSync('/proc/net/if_inet6')
const isRoot = process.getuid?.() === 0

/** 'connected', or the name of the error. */
function tryConnect(way: NetConnectOpts): Promise<string> {
  const socket = connect(way)
  onTestFinished(() => void socket.destroy())
  const result = new Promise<string>((resolve) => {
    socket.on('connect', () => resolve('connected'))
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  })
  return within(10_000, result, 'a connection')
}

function portsOf(server: RunningPortico, host: string): number[] {
  const listed = server.stderr().matchAll(/^listen {3}http:\/\/(\S+):(\d+)$/gm)
  return [...listed].filter(([, name]) => name === host).map(([, , port]) => Number(port))
}

it.skipIf(!isRoot)('a unix socket has the mode, owner and group that it is given', async () => {
  const directory = scratch()
  const path = join(directory, 'http.sock')
  const listen = `["127.0.0.1:0", { address: "unix:${path}", mode: "0620", owner: nobody, group: www-data }]`
  await startPortico({ config: `listen: ${listen}\n${redirect}` })
  const { mode, uid, gid } = statSync(path)
  expect([(mode & 0o777).toString(8), uid, gid]).toEqual(['620', 65534, 33])
  expect((await askBy({ path }, '/')).status).toBe(302)
})

it('`portico check` finds owners and groups that do not exist', async () => {
  const config = `listen: { address: "unix:http.sock", owner: nobody-here, group: nobody-here }\n${redirect}`
  const { code, stderr } = await portico(['check', scratch({ 'portico.yaml': config })])
  expect(code).toBe(78)
  expect(stderr).toContain('listen.owner: there is no user "nobody-here"')
  expect(stderr).toContain('listen.group: there is no group "nobody-here"')
})

it.skipIf(!isRoot)('a user who is not root cannot give its socket away, and is told so', async () => {
  const config = `listen: { address: "unix:http.sock", owner: root, group: root }\n${redirect}`
  const { code, stderr } = await portico(['check', scratch({ 'portico.yaml': config })], { uid: 65534 })
  expect(code).toBe(78)
  expect(stderr).toContain('listen.owner: only root can give the socket to "root"')
  expect(stderr).toContain('listen.group: only root can give the socket to the group "root"')
})

it('as many connections wait as backlog says', async () => {
  const path = join(scratch(), 'http.sock')
  const listen = `["127.0.0.1:0", { address: "unix:${path}", backlog: 2 }]`
  const server = await startPortico({ config: `listen: ${listen}\n${redirect}` })
  const pid = httpPid(server)
  process.kill(pid, 'SIGSTOP')
  onTestFinished(() => void process.kill(pid, 'SIGCONT'))
  // Linux lets one more wait than it was asked for.
  const results: string[] = []
  for (let i = 0; i < 4; i++) results.push(await tryConnect({ path }))
  expect(results).toEqual(['connected', 'connected', 'connected', 'EAGAIN'])
})

it.skipIf(!hasIpv6)('"*" takes both families, "[::]" IPv6 alone, "[::1]" this machine', async () => {
  const server = await startPortico({
    config: configuration('listen: ["127.0.0.1:0", "*:0", "[::]:0", "[::1]:0"]'),
  })
  const address = async (way: NetConnectOpts): Promise<Place> => placeBy(way, [])
  const [both = 0] = portsOf(server, '0.0.0.0')
  expect(await address({ port: both, host: '127.0.0.1' })).toMatchObject({
    REMOTE_ADDR: '127.0.0.1',
    SERVER_PORT: String(both),
  })
  expect(await address({ port: both, host: '::1' })).toMatchObject({ REMOTE_ADDR: '::1' })
  const [every = 0] = portsOf(server, '[::]')
  expect(await address({ port: every, host: '::1' })).toMatchObject({ SERVER_PORT: String(every) })
  expect(await tryConnect({ port: every, host: '127.0.0.1' })).toBe('ECONNREFUSED')
  const [local = 0] = portsOf(server, '[::1]')
  expect(await address({ port: local, host: '::1' })).toMatchObject({ REMOTE_ADDR: '::1' })
})

// Addresses that cannot be listened on: one message that says which, why and what to do, and exit code 1.

import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { portico, scratch } from './command.ts'

const site = { 'index.html': 'here' }

/** What `portico serve` says when it cannot listen, after the line about the directory. */
async function refusal(listen: string, uid?: number): Promise<string> {
  const directory = scratch(site)
  const args = ['serve', directory, '--listen', listen]
  const { code, stdout, stderr } = await portico(args, uid === undefined ? {} : { uid })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  return stderr.replace(/^static site: .*\n/, '')
}

it('names the other Portico that has the port', async () => {
  const { port, pid } = await startPortico({ files: site })
  expect(await refusal(`127.0.0.1:${port}`)).toBe(
    `Cannot listen on "127.0.0.1:${port}": process ${pid} (portico serve) listens there\n` +
      '  Stop it, or choose another address with listen: or --listen\n',
  )
})

it('names another program that has the port', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await refusal(`${port}`)).toMatch(
    new RegExp(
      `^Cannot listen on "${port}": process ${process.pid} \\(.+\\) listens there\n  Stop it, or .+\n$`,
    ),
  )
})

it.each([
  [
    'an address of another machine',
    '192.0.2.1:8000',
    'no interface of this machine has the address 192.0.2.1',
  ],
  ['a name without an address', 'nowhere.invalid:8000', 'the name "nowhere.invalid" has no address'],
  ['a socket in a missing directory', 'unix:/no/such/http.sock', 'its directory does not exist'],
])('refuses %s', async (_, listen, why) => {
  const [first, second, ...rest] = (await refusal(listen)).split('\n')
  expect(first).toBe(`Cannot listen on "${listen}": ${why}`)
  expect(second).toMatch(/^ {2}\S/)
  expect(rest).toEqual([''])
})

it.skipIf(process.getuid?.() !== 0 || !isForRoot(1))(
  'tells another user than root about ports below 1024',
  async () => {
    // Refused before anybody could be in the way there.
    const directory = scratch(site)
    const { code, stderr } = await portico(['serve', directory, '--listen', '127.0.0.1:1'], { uid: 65534 })
    expect(stderr).toContain('Cannot listen on "127.0.0.1:1": ports below 1024 are for root\n  Start as root')
    expect(code).toBe(1)
  },
)

/** Linux lets everybody listen from a port on that can be set; containers often set it to 0. */
function isForRoot(port: number): boolean {
  const setting = '/proc/sys/net/ipv4/ip_unprivileged_port_start'
  return !existsSync(setting) || port < Number(readFileSync(setting, 'utf8'))
}

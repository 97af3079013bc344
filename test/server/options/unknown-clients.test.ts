// Clients of a trusted proxy that does not tell their address: they are not the proxy, and not free of limits.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { ask, requestText } from '../cli/ask.ts'
import { askBy } from '../proxies/place.ts'

const unknown = ['X-Forwarded-For: unknown']

it('are admitted by no network, not even that of the proxy', async () => {
  const server = await startPortico({
    config: [
      'trusted_proxies: [127.0.0.1]',
      'mounts:',
      '  /own: { redirect: /x, access: { allow: [127.0.0.1, 0.0.0.0/0, "::/0", unix] } }',
      '  /all: { redirect: /x, access: { allow: all } }',
      '  /down: { redirect: /x, maintenance: { allow: 127.0.0.1 } }',
      '  /open: { redirect: /x, access: { deny: 127.0.0.1 } }',
    ].join('\n'),
  })
  const statuses = async (...fields: string[]) => {
    const all = ['/own', '/all', '/down', '/open'].map((target) => ask(server.port, target, { fields }))
    return (await Promise.all(all)).map(({ status }) => status)
  }
  expect(await statuses()).toEqual([302, 302, 302, 403])
  for (const field of [...unknown, 'Forwarded: for=_hidden', 'X-Forwarded-Proto: https'])
    expect(await statuses(field), field).toEqual([403, 302, 503, 302])
  expect(await statuses('X-Forwarded-For: unknown, 127.0.0.1')).toEqual([403, 302, 503, 302])
  expect(await statuses('X-Forwarded-For: 127.0.0.1')).toEqual([302, 302, 302, 403])
})

it('share the limits of one client, also behind a unix socket and the PROXY protocol', async () => {
  const path = join(tmpdir(), `portico-unknown-${process.pid}.sock`)
  const server = await startPortico({
    config: [
      `listen: [{ address: "127.0.0.1:0", proxy_protocol: true }, "unix:${path}"]`,
      'trusted_proxies: [127.0.0.1, unix]',
      'limits: { connections_per_address: 1 }',
      'mounts: { /: { redirect: /x, rate: 2/h } }',
    ].join('\n'),
  })
  const bySocket = []
  for (let i = 0; i < 3; i++) bySocket.push((await askBy({ path }, '/', { fields: unknown })).status)
  for (let i = 0; i < 3; i++) bySocket.push((await askBy({ path }, '/')).status)
  expect(bySocket).toEqual([302, 302, 429, 302, 302, 302])
  const header = 'PROXY UNKNOWN\r\n'
  const question = `${header}${requestText('/')}`
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await rawExchange(server.port, question)).slice(9, 12))
  expect(statuses).toEqual(['302', '302', '429'])
})

// What is the same of every application of test/app/responders, over whichever wire: it answers with its input.

import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { Client } from '../../conformance/client.ts'
import { load } from '../../double/load.ts'
import type { RunningPortico } from '../../double/server.ts'
import { ask, valuesOf } from '../cgi/scripts.ts'

const MiB = 1024 * 1024

/** Requests may bring as many variables as this. */
export const wideLimits = 'limits: { head: 256KiB, fields: 300, body: 64MiB }\n'

/** Octets of fields that become variables. */
export function manyFields(count: number): string {
  return Array.from({ length: count }, (_, i) => `X-Many-${i}: ${'v'.repeat(3000)}\r\n`).join('')
}

/** @param prefix of the mount, and of the script if there is one */
export function echoes(server: () => RunningPortico, prefix: string): void {
  const get = (target: string, options = {}) => ask(server().port, prefix + target, options)

  it('knows method, path and query', async () => {
    const said = await get('/b/c%20d?x=1')
    expect([said.status, said.complete, said.body]).toEqual([200, true, ''])
    expect([valuesOf(said, 'x-method'), valuesOf(said, 'x-path')]).toEqual([['GET'], ['/b/c d']])
  })

  it.each([0, 1, 65_535, 65_536, 200_000])('copies %i octets', async (size) => {
    const body = randomBytes(size)
    for (const chunked of [false, true]) {
      const said = await get('/p', { method: 'POST', body, chunked })
      expect([said.status, said.complete, Buffer.from(said.body, 'latin1').equals(body)]).toEqual([
        200,
        true,
        true,
      ])
      expect(Number(valuesOf(said, 'x-length')[0])).toBe(size)
    }
  })

  it('copies 10 MiB, with its length and in chunks', async () => {
    const body = randomBytes(10 * MiB)
    for (const chunked of [false, true]) {
      const said = await get('/p', { method: 'POST', body, chunked })
      expect([said.status, said.complete, Buffer.from(said.body, 'latin1').equals(body)]).toEqual([
        200,
        true,
        true,
      ])
    }
  })

  it('answers HEAD without a body, in step', async () => {
    const client = await Client.open(server().port)
    for (let i = 0; i < 3; i++) {
      client.send(`HEAD ${prefix}/p HTTP/1.1\r\nHost: a\r\n\r\n`)
      client.send(`POST ${prefix}/p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`)
      expect((await client.answer('HEAD')).status).toBe(200)
      expect((await client.answer()).body).toBe('abc')
    }
    client.destroy()
  })

  it('answers many at once, each its own', async () => {
    const requests = 300
    const answers = await load({
      url: server().url,
      requests,
      connections: 20,
      path: (n) => `${prefix}/p?n=${n}`,
      body: (n) => (n % 3 === 0 ? undefined : `body ${n}`),
    })
    for (const [n, { status, body }] of answers.entries())
      expect([n, status, body]).toEqual([n, 200, n % 3 === 0 ? '' : `body ${n}`])
  })
}

/** More variables than uwsgi could carry. */
export function carriesManyVariables(server: () => RunningPortico, prefix: string): void {
  it('carries more than 64 KiB of variables', async () => {
    const said = await ask(server().port, `${prefix}/p`, { fields: manyFields(40) })
    expect(said.status).toBe(200)
    expect(Number(valuesOf(said, 'x-variables')[0])).toBeGreaterThan(120_000)
  })
}

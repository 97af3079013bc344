// What scripts may use up: time, places and what setrlimit(2) limits (rows CGI-41, CGI-69, FLT-25).

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isAlive } from '../../double/process-tree.ts'
import { ask, config, launchers, logged, pidsIn, scripts, serve, siteOf, temporary, ways } from './scripts.ts'

describe.each(ways)('the limits of scripts that are $name', (how) => {
  it('are 504 after head_time, and the process group ends', async () => {
    const server = await serve(how, { config: config(how, 'limits: { head_time: 1s }') })
    const path = join(temporary(), 'pids')
    const asked = ask(server.port, `/cgi-bin/silent.py?${path}`)
    const pids = await pidsIn(path)
    expect((await asked).status).toBe(504)
    await eventually('the script and its child end', () => (pids.some(isAlive) ? undefined : true))
    expect((await ask(server.port, '/cgi-bin/unread.py')).status).toBe(200)
  })

  it('end an answer that takes longer than limits.time', async () => {
    const server = await serve(how, { config: config(how, 'limits: { time: 1s }') })
    const said = await ask(server.port, '/cgi-bin/wait.py?/no/such/file')
    expect([said.status, said.complete]).toEqual([200, false])
    const silent = await ask(server.port, `/cgi-bin/silent.py?${join(temporary(), 'pids')}`)
    expect(silent.status).toBe(504)
  })

  it('end an answer that stands still, though most of the input is not taken', async () => {
    const server = await serve(how, { config: config(how, 'limits: { output_idle: 2s, time: 1m }') })
    const target = '/cgi-bin/wait.py?/no/such/file'
    const said = await ask(server.port, target, { method: 'POST', body: Buffer.alloc(1_000_000) })
    expect([said.status, said.complete]).toEqual([200, false])
    await logged(siteOf(server), /E_OUTPUT_TIMEOUT/)
  })

  it('let the rest wait, then refuse it', async () => {
    const server = await serve(how, { config: config(how, 'concurrency: 2, limits: { queue: 3 }') })
    const go = join(temporary(), 'go')
    const asked = Array.from({ length: 6 }, () => ask(server.port, `/cgi-bin/wait.py?${go}`))
    // Nobody else is answered before there is the file: in whatever order they came, it is the one too many.
    const refused = await Promise.race(asked)
    expect(refused.status).toBe(503)
    writeFileSync(go, '')
    const others = (await Promise.all(asked)).filter((said) => said !== refused)
    expect(others).toHaveLength(5)
    for (const said of others) expect(said.body).toContain('went on')
    expect((await ask(server.port, '/cgi-bin/unread.py')).status).toBe(200)
  })
})

describe.each(launchers)('the limits of processes that are $name', (how) => {
  it('are told by name when one is used up', async () => {
    const server = await serve(how, {
      config: config(how, 'limits: { cpu: 1s }').replace(scripts, 'bin'),
      files: { 'bin/busy.sh': '#!/bin/sh\nwhile :; do :; done\n' },
    })
    expect((await ask(server.port, '/cgi-bin/busy.sh')).status).toBe(502)
    await logged(siteOf(server), /SIGXCPU.* beyond its "cpu" in limits/)
  })
})

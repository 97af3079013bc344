// Embedded applications answer as daemons do: side by side, in every shape, in the environment of their interpreter.

import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { PieceReader } from '../../double/pieces.ts'
import { httpPid } from '../../double/processes.ts'
import { systemPython } from '../../double/project.ts'
import type { RunningPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'
import { randomFile } from '../../double/upload.ts'
import { ask, eventually, requestText } from '../cli/ask.ts'
import { scratch } from '../cli/command.ts'
import { askAllTheWhile, askJson, describe, it, startEmbedded } from './embedded.ts'

let server: RunningPortico

beforeAll(async () => {
  server = await startEmbedded({
    modules: ['talks', 'facts', 'children'],
    settings: 'threads: 10',
    environment: { LANG: undefined, LC_ALL: undefined, LC_CTYPE: undefined },
    shared: true,
  })
})
afterAll(async () => {
  await server.stop()
})

describe('threads', () => {
  it('wait side by side, and files are served meanwhile', async () => {
    const beganMs = performance.now()
    let left = 10
    const sleepers = Array.from({ length: 10 }, async () => {
      const { body } = await ask(server.port, '/sleep')
      left--
      return body
    })
    const failures = await askAllTheWhile(server, () => left === 0)
    expect(await Promise.all(sleepers)).toEqual(Array(10).fill('slept'))
    // One after the other they would take ten.
    expect(performance.now() - beganMs).toBeLessThan(8000)
    expect(failures).toEqual([])
  })

  it('are those of the HTTP process', async () => {
    const facts = await askJson(server, '/facts/')
    expect(facts).toMatchObject({ multithread: true, multiprocess: false, pid: httpPid(server) })
  })
})

describe('the interpreter', () => {
  it('takes itself for the one that is named, with its packages and its encoding', async () => {
    const facts = await askJson<{ path: string[] }>(server, '/facts/')
    expect(facts).toMatchObject({ executable: systemPython, prefix: '/usr', encoding: 'utf-8' })
    expect(facts.path).toContain('/usr/lib/python3/dist-packages')
  })

  it('writes what the application, its programs and C code say to the log', async () => {
    await askJson(server, '/facts/console')
    await eventually(() => {
      const said = server.stderr()
      const output = / application\.output application=talks,facts,children pid=\d+ /
      expect(said).toMatch(output)
      expect(said).toMatch(/ request=\S+ stream=stdout \| printed by the application\n/)
      expect(said).toMatch(/ stream=stdout \| printed by a program\n/)
      expect(said).toMatch(/warn .* stream=stderr \| complained by a program\n/)
      expect(said).toMatch(/ stream=stderr \| written by C code\n/)
    })
    expect(server.stdout()).not.toContain('printed')
  })
})

describe('an answer', () => {
  it('comes piece by piece', async () => {
    const gate = join(scratch(), 'gate')
    const response = await fetch(`${server.url}/pieces?${gate}`)
    const reader = new PieceReader(response)
    for (const number of [0, 1, 2]) {
      await reader.until(`piece ${number}\n`)
      writeFileSync(`${gate}.${number}`, '')
    }
    expect(await reader.whole()).toBe('piece 0\npiece 1\npiece 2\n')
  })

  it('follows an upload of 20 MB', async () => {
    const { bytes, sha256 } = randomFile(20 * 1024 * 1024)
    const response = await fetch(`${server.url}/upload`, { method: 'POST', body: new Uint8Array(bytes) })
    expect(await response.text()).toBe(sha256)
  })

  it('is a wrapped file', async () => {
    const response = await fetch(`${server.url}/wrapped`)
    expect(await response.text()).toBe('0123456789abcdef'.repeat(65_536))
  })

  it('is closed when the client has gone', async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    const begun = new Promise<void>((resolve) => socket.once('data', () => resolve()))
    socket.write(requestText('/endless'))
    await within(10_000, begun, 'the beginning of the answer')
    socket.destroy()
    expect((await ask(server.port, '/closed')).body).toBe('closed')
    // The thread is free again.
    expect(await rawExchange(server.port, requestText('/'))).toContain('talks')
  })
})

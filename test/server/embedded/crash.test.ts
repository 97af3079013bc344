// A crash of an embedded application costs one HTTP process and the requests in it, and the log says where it was.

import { expect } from 'vitest'
import { httpPid } from '../../double/processes.ts'
import { systemPython } from '../../double/project.ts'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { ask, eventually, requestText } from '../cli/ask.ts'
import { describe, fixtures, it, plainEnvironment, startEmbedded } from './embedded.ts'

describe.each([
  { query: 'segfault', how: 'SIGSEGV', facts: 'signal=SIGSEGV', stack: true },
  { query: 'gone', how: 'code 7', facts: 'code=7', stack: false },
])('a request that ends in $how', ({ query, facts, stack }) => {
  it('costs its HTTP process, which is back within seconds, and is explained in the log', async () => {
    const server = await startEmbedded({ modules: ['ends'], settings: 'threads: 2' })
    const before = httpPid(server)
    expect(await rawExchange(server.port, requestText(`/?${query}`))).toBe('')
    // The listening socket stays: whoever comes meanwhile waits for the next process and is refused nothing.
    const reply = await ask(server.port, '/')
    expect(reply.status).toBe(200)
    expect(reply.body).not.toBe(String(before))
    await eventually(() => {
      const exits = server.stderr().match(/error http\.exited .*\n( .*\n)*/g) ?? []
      expect(exits).toHaveLength(1)
      expect(exits[0]).toContain(`pid=${before} ${facts} retryMs=0`)
      expect(exits[0]?.includes(`File "${fixtures}/ends.py"`)).toBe(stack)
    })
    expect((await ask(server.port, '/files/a.txt')).body).toBe('a file')
  })
})

it('at the import, again and again, costs that application only', async () => {
  const server = await startPortico({
    config: `applications:
  bad: { wsgi: "bad:application", python: ${systemPython}, mode: embedded }
  ends: { wsgi: "ends:application", directory: ${fixtures}, python: ${systemPython}, mode: embedded }
mounts: { /: ends, /bad: bad, /files: { files: files } }
`,
    files: { 'bad.py': 'import ctypes\nctypes.string_at(0)\n', 'files/a.txt': 'a file' },
    environment: plainEnvironment,
  })
  const crashes = (): string[] => server.stderr().match(/ http\.exited .*signal=SIGSEGV/g) ?? []
  expect(crashes()).toHaveLength(3)
  const stack =
    /error worker\.failed application=bad reason=exited\n( .*\n)* +Fatal Python error.*\n( .*\n)* +File ".*bad\.py", line 2/
  expect(server.stderr()).toMatch(stack)
  expect(server.stderr()).toContain('was killed by SIGSEGV while it was imported, 3 times in a row')
  expect(server.stderr()).toMatch(/^failed +bad: .*\n.*answer 500 until the server is started again/m)
  for (const _ of ['this process', 'the next one']) {
    expect((await ask(server.port, '/bad/')).status).toBe(500)
    expect((await ask(server.port, '/')).body).toBe(String(httpPid(server)))
    expect((await ask(server.port, '/files/a.txt')).body).toBe('a file')
    process.kill(httpPid(server), 'SIGKILL')
  }
  expect((await ask(server.port, '/bad/')).status).toBe(500)
  expect(crashes()).toHaveLength(3)
})

it('costs the requests of that process only', async () => {
  const server = await startEmbedded({ modules: ['talks', 'ends'], settings: 'threads: 2' })
  const neighbour = rawExchange(server.port, requestText('/sleep'))
  await ask(server.port, '/')
  expect(await rawExchange(server.port, requestText('/ends/?segfault'))).toBe('')
  expect(await neighbour).toBe('')
  expect((await ask(server.port, '/sleep')).body).toBe('slept')
  expect(await server.stop()).toEqual({ code: 0, signal: null })
})

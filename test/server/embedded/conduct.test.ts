// What an embedded application does that belongs to the process: the server goes on, and it is said what happens.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { httpPid } from '../../double/processes.ts'
import { ask, eventually } from '../cli/ask.ts'
import { askJson, describe, it, startEmbedded } from './embedded.ts'

describe('a request that ends in an exception', () => {
  it.each([
    ['sys.exit', 'exit', 'SystemExit'],
    ['KeyboardInterrupt', 'interrupt', 'KeyboardInterrupt'],
    ['an error', 'raise', 'ZeroDivisionError'],
  ])('is a 500 and nothing else: %s', async (_, query, named) => {
    const server = await startEmbedded({ modules: ['ends'], settings: 'threads: 1' })
    const { body: pid } = await ask(server.port, '/')
    expect((await ask(server.port, `/?${query}`)).status).toBe(500)
    expect((await ask(server.port, '/')).body).toBe(pid)
    await eventually(() => expect(server.stderr()).toContain(`the application raised ${named} in request`))
  })
})

describe('signal.signal', () => {
  it('is refused and logged once, and SIGTERM still stops the server', async () => {
    const server = await startEmbedded({ modules: ['children'] })
    await askJson(server, '/signal')
    await askJson(server, '/signal')
    await eventually(() =>
      expect(server.stderr()).toContain('signal.signal(SIGTERM) has no effect in embedded mode'),
    )
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(server.stderr().match(/signal\.signal\(/g)).toHaveLength(1)
    expect(server.stderr()).toMatch(/ info server\.stopped\n$/)
  })
})

describe('signal.alarm and signal.setitimer', () => {
  it('are refused and logged once each, but work in a forked child', async () => {
    const server = await startEmbedded({ modules: ['children'] })
    const answer = { refused: [0, [0, 0], [0, 0]], child: 'SIGALRM', pid: httpPid(server) }
    expect(await askJson(server, '/alarm')).toEqual(answer)
    expect(await askJson(server, '/alarm')).toEqual(answer)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    for (const call of ['alarm', 'setitimer']) {
      expect(server.stderr().split(`signal.${call} has no effect in embedded mode`)).toHaveLength(2)
    }
  })
})

describe('what belongs to the process', () => {
  it('is seen by the next request and the other application; the server serves and logs as before', async () => {
    const server = await startEmbedded({
      modules: ['facts', 'children'],
      lines: ['log: { access: logs/access.log }'],
      files: { 'logs/.keep': '' },
    })
    const access = join(server.directory, 'logs/access.log')
    expect(await askJson(server, '/')).toMatchObject({ changed: '', umask: 0o022 })
    await askJson(server, '/change')
    expect(await askJson(server, '/')).toMatchObject({
      directory: '/',
      umask: 0o077,
      locale: expect.stringContaining('C.UTF-8'),
      changed: 'yes',
    })
    // The programs of the other application inherit it, too.
    expect(await askJson(server, '/children/program')).toMatchObject({ said: ['3', '/usr', '/'] })
    expect((await ask(server.port, '/files/a.txt')).body).toBe('a file')
    server.kill('SIGUSR1')
    await ask(server.port, '/files/a.txt?again')
    await eventually(() => expect(readFileSync(access, 'utf8')).toContain('/files/a.txt?again'))
    expect(existsSync('/logs/access.log')).toBe(false)
    expect((await askJson(server, '/')).pid).toBe(httpPid(server))
  })
})

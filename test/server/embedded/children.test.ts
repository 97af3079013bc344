// Children that an embedded application forks: nothing of the server lives on in them, and they do nothing to it.

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, onTestFinished } from 'vitest'
import { isAlive } from '../../double/process-tree.ts'
import { httpPid } from '../../double/processes.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'
import { ask, eventually, requestText } from '../cli/ask.ts'
import { askJson, describe, embeddedConfig, it, plainEnvironment, startEmbedded } from './embedded.ts'

type Links = Readonly<Record<string, string>>

interface Forked {
  readonly child: Links
  readonly parent: Links
  readonly handlers: readonly string[]
  /** Descriptor of the listening socket of the application's own. */
  readonly listener: number
}

/** A connection that has answered once and is kept. */
async function keepIdle(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.write('GET /files/a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await within(10_000, answered, 'an answer')
}

async function livingChild(server: RunningPortico): Promise<number> {
  const { pid } = await askJson<{ pid: number }>(server, '/lives')
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  return pid
}

describe('a forked child', () => {
  it('has none of the sockets, connections and event queues of the server, but what is the application’s', async () => {
    const server = await startEmbedded({ modules: ['children', 'talks'] })
    await keepIdle(server.port)
    await Promise.all([1, 2, 3, 4].map(() => ask(server.port, '/talks/')))
    const { child, parent, handlers, listener } = await askJson<Forked>(server, '/fork')
    expect(Object.values(parent).filter((link) => link.includes('eventpoll')).length).toBeGreaterThan(0)
    expect(Object.values(child).filter((link) => link.includes('anon_inode'))).toEqual([])
    const sockets = Object.entries(child).filter(([, link]) => link.startsWith('socket:'))
    // Standard output and error, and what the application opened itself.
    expect(sockets.map(([fd]) => Number(fd)).sort()).toEqual([1, 2, listener].sort())
    expect(handlers).toEqual(['SIG_DFL', 'SIG_DFL'])
  })

  it('is of no concern to the server: neither its signals nor its end', async () => {
    const server = await startEmbedded({ modules: ['children', 'ends'] })
    const before = (await ask(server.port, '/ends/')).body
    const child = await livingChild(server)
    process.kill(child, 'SIGTERM')
    await eventually(() => expect(readFileSync(`/proc/${child}/stat`, 'latin1')).toMatch(/\) Z /))
    expect((await ask(server.port, '/ends/')).body).toBe(before)
    expect(server.stderr()).not.toContain('server.stop')
    expect(server.stderr()).not.toContain('http.exited')
  })

  it('that returns from the application ends, and its parent answers', async () => {
    const server = await startEmbedded({ modules: ['children'], settings: 'threads: 2' })
    for (const _ of [1, 2, 3]) {
      expect(await askJson(server, '/returns')).toEqual({ pid: httpPid(server), status: 0 })
    }
  })

  it('does not hold the port when the server has stopped', async () => {
    const server = await startEmbedded({ modules: ['children'] })
    const child = await livingChild(server)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    expect(isAlive(child)).toBe(true)
    await expect(rawExchange(server.port, requestText('/'))).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    const again = await startPortico({
      config: `listen: 127.0.0.1:${server.port}\n${embeddedConfig({ modules: ['ends'] })}`,
      files: { 'files/a.txt': 'a' },
      environment: plainEnvironment,
    })
    expect((await ask(again.port, '/')).status).toBe(200)
  })
})

describe('the modules of Python that start processes', () => {
  it('work: a pool of workers, and a program', async () => {
    const server = await startEmbedded({ modules: ['children'] })
    expect(await askJson(server, '/pool')).toEqual({ squares: [0, 1, 4, 9, 16] })
    // Descriptors 0, 1 and 2.
    expect(await askJson(server, '/program')).toMatchObject({ said: ['3', '/usr', expect.any(String)] })
    expect(await askJson(server, '/pool')).toEqual({ squares: [0, 1, 4, 9, 16] })
  })
})

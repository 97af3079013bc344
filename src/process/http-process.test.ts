import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { alive, recordingLog, temporaryDirectory, until } from '../../test/app/worker/stand-in.ts'
import { monotonicMs } from '../clock.ts'
import { HttpProcess } from './http-process.ts'
import type { Exit } from './messages.ts'
import { bindListener } from './socket/listener-handles.ts'

const started: HttpProcess[] = []

function run(source: string, descriptors: readonly number[] = []) {
  const entry = join(temporaryDirectory(), 'entry.mjs')
  writeFileSync(entry, source)
  const log = recordingLog()
  const pids: number[] = []
  const messages: unknown[] = []
  const exits: { exit: Exit; planned: boolean }[] = []
  const http = new HttpProcess(
    { entry, environment: { PATH: process.env.PATH }, descriptors, log, clock: monotonicMs },
    {
      started: (pid) => {
        pids.push(pid)
        http.send({ hello: pids.length })
      },
      message: (message) => messages.push(message),
      exited: (exit, planned) => exits.push({ exit, planned }),
    },
  )
  started.push(http)
  http.start()
  return { http, log, pids, messages, exits }
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((http) => http.stop(0)))
})

const echo = `process.on('message', (m) => process.send({ echo: m }))
process.on('disconnect', () => process.exit(1))`
const serve = `import { createServer } from 'node:net'
const server = createServer((socket) => socket.end('served by ' + process.pid))
server.listen({ fd: 4 }, () => process.send('listening'))
process.on('disconnect', () => process.exit(1))`

describe('HttpProcess', () => {
  it('passes messages both ways and stops by SIGTERM', async () => {
    const { http, messages, exits } = run(echo)
    await until(() => messages[0], 'an answer')
    expect(messages).toEqual([{ echo: { hello: 1 } }])
    const { pid } = http
    await http.stop(10_000)
    expect(exits).toEqual([{ exit: { code: null, signal: 'SIGTERM' }, planned: true }])
    expect([http.pid, http.send({}), alive(pid)]).toEqual([0, false, false])
  })

  it('restarts at once after the first crash and tells who had been asked nothing', async () => {
    const { pids, messages, exits, log } = run(echo)
    await until(() => messages.length === 1, 'the first runs')
    process.kill(pids[0] ?? 0, 'SIGKILL')
    await until(() => messages.length === 2, 'the second runs')
    expect(messages[1]).toEqual({ echo: { hello: 2 } })
    expect(exits).toEqual([{ exit: { code: null, signal: 'SIGKILL' }, planned: false }])
    const entry = log.entries.find(({ event }) => event === 'http.exited')
    expect(entry?.facts).toMatchObject({ signal: 'SIGKILL', retryMs: 0 })
  })

  it('waits longer each time for a process that ends at once', async () => {
    const { log } = run('process.exit(9)')
    const exits = () => log.entries.filter(({ event }) => event === 'http.exited')
    await until(() => exits().length === 3, 'three tries')
    expect(exits().map(({ facts }) => [facts.code, facts.retryMs])).toEqual([
      [9, 0],
      [9, 100],
      [9, 200],
    ])
  })

  it('kills a process that does not stop in time', async () => {
    const { http, messages, exits } = run(`process.on('SIGTERM', () => {})\n${echo}`)
    await until(() => messages[0], 'it runs')
    await http.stop(50)
    expect(exits[0]?.exit.signal).toBe('SIGKILL')
  })

  it('keeps a listener open over a crash, on a unix socket too', async () => {
    const path = join(temporaryDirectory(), 's.sock')
    const listener = await bindListener({ address: `unix:${path}`, kind: 'unix', host: '', port: 0, path })
    if (listener.kind === 'bad') throw new Error(listener.message)
    const { pids, messages } = run(serve, [listener.fd])
    await until(() => messages.includes('listening'), 'it listens')
    expect(await answer(path)).toBe(`served by ${pids[0]}`)
    process.kill(pids[0] ?? 0, 'SIGKILL')
    // Connected to the descriptor that the supervisor holds, answered by the next process.
    const text = await answer(path)
    await until(() => pids.length === 2, 'the second runs')
    expect(text).toBe(`served by ${pids[1]}`)
    listener.close()
  })
})

function answer(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    connect(path)
      .on('data', (chunk) => {
        text += chunk.toString()
      })
      .on('error', reject)
      .on('close', () => resolve(text))
  })
}

// A server with embedded applications ends: gracefully with their exit handlers, and in any case.

import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { isAlive, processTree } from '../../double/process-tree.ts'
import { systemPython } from '../../double/project.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'
import { ask, eventually, requestText } from '../cli/ask.ts'
import { type Gate, gatedApplication, makeGate } from '../cli/gate.ts'
import { it, startEmbedded } from './embedded.ts'

async function startGated(limits = ''): Promise<{ server: RunningPortico; gate: Gate }> {
  const gate = await makeGate()
  const server = await startPortico({
    config: `applications:
  held: { wsgi: "held:application", python: ${systemPython}, mode: embedded, environment: { GATE: ${gate.path} }${limits} }
mounts: { /: held }
`,
    files: { 'held.py': gatedApplication },
  })
  return { server, gate }
}

it('finishes what runs and runs the exit handlers', async () => {
  const { server, gate } = await startGated()
  const answer = rawExchange(server.port, requestText('/'), { ms: 30_000 })
  await gate.held(1)
  server.kill('SIGTERM')
  await eventually(() => expect(server.stderr()).toContain('info server.stop '))
  gate.open()
  expect(await answer).toContain('finished')
  expect(await within(15_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
  expect(readFileSync(`${gate.path}.ended`, 'utf8')).toMatch(/^\d+ ran its exit handler\n$/)
})

it('logs what the exit handlers say', async () => {
  const server = await startEmbedded({ modules: ['ends'] })
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  expect(server.stderr()).toContain('stream=stdout | ends: the exit handler ran')
})

it.each(['c', 'python', 'stubborn'])('ends within stop_time with a stuck thread: %s', async (way) => {
  const server = await startEmbedded({ modules: ['ends'], settings: 'limits: { stop_time: 1s }' })
  const answer = rawExchange(server.port, requestText(`/?${way}`), { ms: 30_000 })
  await ask(server.port, '/')
  const tree = processTree(server.pid)
  const beganMs = performance.now()
  expect(await server.stop()).toEqual({ code: 0, signal: null })
  expect(performance.now() - beganMs).toBeLessThan(10_000)
  expect(tree.filter(isAlive)).toEqual([])
  expect(await answer).toBe('')
})

it('cuts off what still runs at a second signal', async () => {
  const { server, gate } = await startGated()
  const answer = rawExchange(server.port, requestText('/'), { ms: 30_000 })
  await gate.held(1)
  const tree = processTree(server.pid)
  server.kill('SIGTERM')
  await eventually(() => expect(server.stderr()).toContain('info server.stop '))
  await eventually(() => {
    if (!server.stderr().includes('Asked again')) server.kill('SIGTERM')
    expect(server.stderr()).toContain('Asked again')
  })
  expect(await answer).toBe('')
  expect(await within(10_000, server.exit, 'the end')).toEqual({ code: 0, signal: null })
  expect(tree.filter(isAlive)).toEqual([])
})

it('goes with its supervisor when that is killed, in the middle of a request', async () => {
  const { server, gate } = await startGated()
  const answer = rawExchange(server.port, requestText('/'), { ms: 30_000 })
  await gate.held(1)
  const tree = processTree(server.pid)
  server.kill('SIGKILL')
  await server.exit
  expect(await answer).toBe('')
  await eventually(() => expect(tree.filter(isAlive)).toEqual([]))
})

// `portico stop` ends a server as SIGTERM does, and comes back when it has ended; `portico reload` says what became of it.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isAlive, processTree } from '../../double/process-tree.ts'
import { startPortico } from '../../double/server.ts'
import { rawExchange, within } from '../../double/socket.ts'
import { eventually, parseReply, requestText } from '../cli/ask.ts'
import { gatedApplication, makeGate } from '../cli/gate.ts'
import { startControlled, tell } from './controlled.ts'

async function startHeld() {
  const gate = await makeGate()
  const server = await startPortico({
    config: `runtime: run
applications: { held: { wsgi: "held:application", processes: 1, environment: { GATE: ${gate.path} } } }
mounts: { /: held }
`,
    files: { 'held.py': gatedApplication },
  })
  const answer = rawExchange(server.port, requestText('/'), { ms: 30_000 })
  answer.catch(() => {})
  await gate.held(1)
  return { gate, server, answer }
}

it('lets requests finish, and comes back when every process has ended', async () => {
  const { gate, server, answer } = await startHeld()
  // The server itself is gone for good only when the test, whose child it is, has seen that.
  const tree = processTree(server.pid).filter((pid) => pid !== server.pid)
  let stopped = false
  const stop = tell(server, 'stop').then((result) => {
    stopped = true
    return { result, left: tree.filter(isAlive) }
  })
  await eventually(() => expect(server.stderr()).toContain('info server.stop '))
  // It can still be asked.
  expect((await tell(server, 'ps')).stdout).toContain('running')
  expect(stopped).toBe(false)
  gate.open()
  expect(parseReply(await answer)).toMatchObject({ status: 200, body: 'finished' })
  const { result, left } = await stop
  expect(result).toEqual({ code: 0, signal: null, stdout: '', stderr: '' })
  expect(left).toEqual([])
  expect(await server.exit).toEqual({ code: 0, signal: null })
  expect(existsSync(join(server.directory, 'run'))).toBe(false)
})

it('waits for nothing with --now, also when a stop is under way', async () => {
  const { server, answer } = await startHeld()
  const first = tell(server, 'stop')
  await eventually(() => expect(server.stderr()).toContain('info server.stop '))
  expect(await tell(server, 'stop', '--now')).toMatchObject({ code: 0, stderr: '' })
  expect(await within(10_000, first, 'the end of the first stop')).toMatchObject({ code: 0 })
  expect(await answer).toBe('')
  expect(await server.exit).toEqual({ code: 0, signal: null })
})

it('reloads, and says what is in the way when it does not', async () => {
  const server = await startControlled('daemon')
  const done = await tell(server, 'reload')
  expect(done).toMatchObject({ code: 0, stdout: '' })
  expect(done.stderr).toMatch(/^ends: .*\nreloaded in \d+ ms\n$/)
  await eventually(() => expect(server.stderr()).toMatch(/server\.reloaded cause="portico reload"/))
  expect((await tell(server, 'reload', 'ends')).code).toBe(0)
  expect((await tell(server, 'status')).stdout).toMatch(/^ends +daemon +ready +3 /m)
  expect(await tell(server, 'reload', 'nosuch')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nosuch'),
  })
  const path = join(server.directory, 'portico.yaml')
  writeFileSync(path, `${readFileSync(path, 'utf8')}nonsense: 1\n`)
  const refused = await tell(server, 'reload')
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toMatch(
    /portico\.yaml:\d+:1: .*"nonsense"[\s\S]*The configuration stays as it was\n$/,
  )
})

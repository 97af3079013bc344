// `portico logs`: what is kept of the logs wherever they go, what belongs to one request, and what comes.

import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isAlive } from '../../double/process-tree.ts'
import { httpPid } from '../../double/processes.ts'
import { ask, eventually } from '../cli/ask.ts'
import { modes, startControlled, tell } from './controlled.ts'

const program = join(import.meta.dirname, '../../../bin/portico.js')

describe.each(modes)('%s', (mode) => {
  it('prints all lines about one request, of both logs', async () => {
    const server = await startControlled(mode)
    const { fields, status } = await ask(server.port, '/?raise')
    expect(status).toBe(500)
    await ask(server.port, '/')
    const id = fields.get('x-request-id') ?? ''
    const { stdout, code } = await eventually(async () => {
      const result = await tell(server, 'logs', '--request', id)
      expect(result.stdout).toContain('ZeroDivisionError')
      return result
    })
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.filter((line) => line.includes('"GET /?raise HTTP/1.1" 500'))).toHaveLength(1)
    for (const line of lines.filter((one) => !one.startsWith('    '))) expect(line).toContain(id)
  })
})

it('prints the last lines, those of the supervisor and of the HTTP process in the order of time', async () => {
  const server = await startControlled('daemon')
  for (const n of [1, 2, 3]) await ask(server.port, `/?${n}`)
  const { stdout } = await tell(server, 'logs', '-n', '2')
  expect(stdout).toMatch(/^.*"GET \/\?2 .*\n.*"GET \/\?3 .*\n$/)
  const all = (await tell(server, 'logs')).stdout
  expect(all).toMatch(/ worker\.start [\s\S]* worker\.ready [\s\S]*"GET \/\?1 /)
})

it('keeps what an HTTP process has written when another has taken its place', async () => {
  const server = await startControlled('daemon')
  const before = httpPid(server)
  const { fields } = await ask(server.port, '/?raise')
  const path = join(server.directory, 'portico.yaml')
  writeFileSync(path, `${readFileSync(path, 'utf8')}limits: { keep_alive: 16s }\n`)
  expect((await tell(server, 'reload')).code).toBe(0)
  await eventually(() => expect(isAlive(before)).toBe(false))
  const { stdout } = await tell(server, 'logs', '--request', fields.get('x-request-id') ?? '')
  expect(stdout).toContain('ZeroDivisionError')
  expect(stdout.match(/"GET \/\?raise HTTP/g)).toHaveLength(1)
})

it('goes on with what comes until the server ends', async () => {
  const server = await startControlled('daemon')
  await ask(server.port, '/?before')
  const child = spawn(process.execPath, [program, 'logs', '--follow', '-n', '1'], { cwd: server.directory })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await eventually(() => expect(text).toContain('/?before'))
  await ask(server.port, '/?after')
  await eventually(() => expect(text).toContain('/?after'))
  expect(text.match(/\/\?before/g)).toHaveLength(1)
  await server.stop()
  expect(await ended).toBe(0)
})

it('fails for a request of which nothing is kept, and refuses what is no number', async () => {
  const server = await startControlled('daemon')
  expect(await tell(server, 'logs', '--request', 'nosuch-1')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'no line that is kept names request nosuch-1\n',
  })
  expect(await tell(server, 'logs', '-n', 'x')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--lines'),
  })
})

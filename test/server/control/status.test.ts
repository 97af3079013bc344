// `portico status`: what it says, of whom, and that it says it whatever state the server is in.

import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { StatusReport } from '../../../src/server/control/status.ts'
import { httpPid, untilWorkers, workerPids } from '../../double/processes.ts'
import { publicProgram } from '../../double/public-copy.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { within } from '../../double/socket.ts'
import { ask, eventually } from '../cli/ask.ts'
import { portico, scratch } from '../cli/command.ts'
import { hold, modes, startControlled, tell } from './controlled.ts'

const nobody = 65534
const socketOf = ({ directory }: RunningPortico) => join(directory, 'run/control.sock')

async function statusOf(server: RunningPortico): Promise<StatusReport> {
  const { code, stdout } = await tell(server, 'status', '--json')
  expect(code).toBe(0)
  return JSON.parse(stdout) as StatusReport
}

it.each(modes)('names the processes, what they do and what they have done: %s', async (mode) => {
  const server = await startControlled(mode)
  expect((await ask(server.port, '/')).status).toBe(200)
  await hold(server, '/?python', 'running')
  await hold(server, '/?queued', 'queued')
  const pid = httpPid(server)
  const status = await statusOf(server)
  expect(status).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    pid: server.pid,
    origin: join(server.directory, 'portico.yaml'),
    listen: [server.url],
    http: [{ role: 'serving', pid, answers: true, connections: 2, requests: 3, running: 2 }],
    applications: [{ name: 'ends', mode, state: 'ready', generation: 1, queued: 1, problem: null }],
  })
  const [worker] = status.applications[0]?.workers ?? []
  expect(worker).toMatchObject({ state: 'ready', slots: 1, busy: 1, requests: 2 })
  expect(worker?.pid).toBe(mode === 'daemon' ? workerPids(server)[0] : pid)
  const { stdout, stderr, code } = await tell(server, 'status')
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  expect(stdout).toMatch(/^portico \S+ {3}pid \d+ {3}since .+\/portico\.yaml\nlisten {3}http:/)
  expect(stdout).toMatch(new RegExp(`^http +pid ${pid} +\\d+ MiB +2 connections +3 requests, 2 of them`, 'm'))
  expect(stdout).toMatch(/^ends +\S+ +\d+ +ready .* 1 of 1 +2$/m)
})

it('names the services', async () => {
  const server = await startPortico({
    config:
      'runtime: run\nservices: { sleeper: { command: [sleep, "1000"] } }\nmounts: { /: { files: . } }\n',
    files: {},
  })
  await eventually(async () => {
    const [sleeper] = (await statusOf(server)).services
    expect(sleeper).toMatchObject({ name: 'sleeper', pid: expect.any(Number) })
    expect(readFileSync(`/proc/${sleeper?.pid}/comm`, 'latin1')).toBe('sleep\n')
  })
  expect((await tell(server, 'status')).stdout).toMatch(/^service {2}sleeper {3}pid \d+ {3}\d+ MiB$/m)
})

it('names what went wrong last, and how many workers were lost', async () => {
  const server = await startControlled('daemon')
  const [victim = 0] = await untilWorkers(server, 1)
  process.kill(victim, 'SIGKILL')
  await eventually(async () => {
    const [application] = (await statusOf(server)).applications
    expect(application).toMatchObject({ restarts: 1, problem: { text: expect.stringContaining('SIGKILL') } })
  })
  expect((await tell(server, 'status')).stdout).toMatch(/last problem of ends \(.+ ago\): Worker 1 .*SIGKILL/)
})

it('answers in time while the HTTP process is stopped, and says so', async () => {
  const server = await startControlled('daemon')
  const pid = httpPid(server)
  process.kill(pid, 'SIGSTOP')
  onTestFinished(() => void process.kill(pid, 'SIGCONT'))
  const beganMs = performance.now()
  const { code, stdout } = await tell(server, 'status')
  expect(performance.now() - beganMs).toBeLessThan(8000)
  expect(code).toBe(0)
  expect(stdout).toMatch(new RegExp(`^http +pid ${pid} +does not answer$`, 'm'))
  expect(stdout).toMatch(/^ends +1 +\d+ +ready .* - of 1 +-$/m)
  const ps = await tell(server, 'ps')
  expect(ps).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining(`from HTTP process ${pid};`),
  })
})

it('tells two servers apart by the directory they are asked in', async () => {
  const [one, two] = await Promise.all([startControlled('daemon'), startControlled('daemon')])
  expect((await statusOf(one)).pid).toBe(one.pid)
  expect((await statusOf(two)).pid).toBe(two.pid)
  const elsewhere = await portico(['status', '--json', '--config', join(one.directory, 'portico.yaml')])
  expect((JSON.parse(elsewhere.stdout) as StatusReport).pid).toBe(one.pid)
  const byRuntime = await portico(['status', '--json', '--runtime', join(two.directory, 'run')])
  expect((JSON.parse(byRuntime.stdout) as StatusReport).pid).toBe(two.pid)
})

it('finds the server of a directory without a configuration, and of one whose configuration has become bad', async () => {
  const detected = await startPortico({ files: { 'index.html': '' } })
  expect(await statusOf(detected)).toMatchObject({
    pid: detected.pid,
    origin: detected.directory,
    applications: [],
  })
  const server = await startControlled('daemon')
  writeFileSync(join(server.directory, 'portico.yaml'), 'runtime: run\nlisten: nonsense\nnonsense: 1\n')
  expect((await statusOf(server)).pid).toBe(server.pid)
})

it('says where it has looked when no server is running', async () => {
  const directory = scratch({ 'portico.yaml': 'runtime: run\nmounts: { /: { files: . } }\n' })
  for (const verb of ['status', 'ps', 'logs', 'reload', 'stop'])
    expect(await portico([verb], { directory })).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `no server is running for ${directory}/portico.yaml (its control socket would be ${directory}/run/control.sock); start it with: portico serve\n`,
    })
  const missing = await portico(['status', '--config', 'other.yaml'], { directory })
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('"other.yaml" does not exist') })
})

it("has a socket that is its owner's alone, and takes it away at the end", async () => {
  const server = await startControlled('daemon')
  const { mode, uid } = statSync(socketOf(server))
  expect((mode & 0o777).toString(8)).toBe('600')
  expect(uid).toBe(process.getuid?.())
  await server.stop()
  expect(statSync(socketOf(server), { throwIfNoEntry: false })).toBeUndefined()
})

it.skipIf(process.getuid?.() !== 0)('lets no other user ask, not even the one that it runs as', async () => {
  const directory = scratch({ 'site/index.html': 'x' })
  const server = await startPortico({
    config: `user: nobody\nruntime: ${directory}/run\nmounts: { /: { files: ${directory}/site } }\n`,
    program: publicProgram(),
  })
  expect((await ask(server.port, '/')).body).toBe('x')
  const args = ['status', '--runtime', `${directory}/run`]
  expect((await portico(args)).code).toBe(0)
  const other = await portico(args, { uid: nobody })
  expect(other).toMatchObject({ code: 1, stdout: '' })
  expect(other.stderr).toMatch(
    /cannot connect to the control socket .*: only the user that started the server/,
  )
})

it('takes the place of a dead server, and never that of a living one', async () => {
  const directory = scratch({ 'index.html': 'x' })
  const runtime = join(directory, 'run')
  mkdirSync(runtime)
  chmodSync(runtime, 0o700)
  const start = () =>
    startPortico({ config: `runtime: ${runtime}\nmounts: { /: { files: ${directory} } }\n` })
  const first = await start()
  first.kill('SIGKILL')
  await first.exit
  expect(statSync(join(runtime, 'control.sock')).isSocket()).toBe(true)
  const second = await start()
  await expect(start()).rejects.toThrow(/This project is being served already: .*control\.sock"/)
  const { stdout } = await portico(['status', '--json', '--runtime', runtime])
  expect((JSON.parse(stdout) as StatusReport).pid).toBe(second.pid)
})

it.each([
  ['what is no JSON', 'hello?\n', 'the request is not a JSON object'],
  ['a verb that it does not know', '{"verb":"dance"}\n', 'this server does not know the verb'],
  ['a line without end', 'x'.repeat(20_000), 'the request is longer than 16384 octets'],
])('answers %s with an error, and goes on', async (_, bytes, message) => {
  const server = await startControlled('daemon')
  const lines = await converse(server, bytes)
  expect(lines.map(({ kind }) => kind)).toEqual(['hello', 'error', 'end'])
  expect(lines[1]?.message).toContain(message)
  expect((await statusOf(server)).pid).toBe(server.pid)
})

it('says so when what listens there does not answer', async () => {
  const directory = scratch({ 'portico.yaml': 'runtime: run\nmounts: { /: { files: . } }\n', 'run/': '' })
  const mute = createServer(() => {}).listen(join(directory, 'run/control.sock'))
  onTestFinished(() => void mute.close())
  const { code, stderr } = await portico(['status'], { directory })
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('does not answer on') })
})

interface Line {
  readonly kind: string
  readonly message?: string
}

/** Sends octets to the control socket; the lines that come back until it closes. */
async function converse(server: RunningPortico, bytes: string): Promise<readonly Line[]> {
  const socket = connect(socketOf(server))
  onTestFinished(() => void socket.destroy())
  let text = ''
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  socket.write(bytes)
  await within(10_000, closed, 'the end of the conversation')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
}

// `portico ps`, `stack` and `kill`: requests in progress, what they do, and their end.

import { connect } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpPid, workerPids } from '../../double/processes.ts'
import { startPortico } from '../../double/server.ts'
import { rawExchange } from '../../double/socket.ts'
import { ask, eventually, requestText } from '../cli/ask.ts'
import { FastcgiServer } from '../gateways/fastcgi-server.ts'
import { hold, listed, modes, startControlled, tell } from './controlled.ts'

it('lists nothing when nothing is in progress', async () => {
  const server = await startControlled('daemon')
  expect(await tell(server, 'ps')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'no request is in progress\n',
  })
  expect(await listed(server)).toEqual([])
})

describe.each(modes)('%s', (mode) => {
  it('lists requests at every stage, the oldest first', async () => {
    const server = await startControlled(mode)
    const running = await hold(server, '/?python', 'running')
    const queued = await hold(server, '/?next', 'queued')
    const upload = connect(server.port, '127.0.0.1')
    onTestFinished(() => void upload.destroy())
    upload.write('POST /up HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf')
    await eventually(async () => expect(await listed(server)).toHaveLength(3))
    const pid = mode === 'daemon' ? workerPids(server)[0] : httpPid(server)
    const all = await listed(server)
    expect(all).toMatchObject([
      { id: running.id, method: 'GET', target: '/?python', stage: 'running', worker: `ends/${pid}` },
      { id: queued.id, stage: 'queued', worker: '', mount: '/', client: '127.0.0.1' },
      { method: 'POST', target: '/up', stage: 'reading body', worker: '' },
    ])
    expect(all.map(({ ageMs }) => ageMs)).toEqual(all.map(({ ageMs }) => ageMs).sort((a, b) => b - a))
    const { stdout } = await tell(server, 'ps')
    expect(stdout).toMatch(/^request +age +stage +where +client +mount +target\n/)
    expect(stdout).toMatch(
      new RegExp(`^${running.id} +\\S+ s +running +ends/${pid} +127.0.0.1 +/ +GET /`, 'm'),
    )
    expect(stdout).toMatch(new RegExp(`^${queued.id} .+ queued +queue +127`, 'm'))
  })

  it('shows the Python stack of one request, and of all threads of its worker', async () => {
    const server = await startControlled(mode)
    const { id } = await hold(server, '/?python', 'running')
    const queued = await hold(server, '/?next', 'queued')
    const one = await tell(server, 'stack', id)
    expect(one.stderr).toMatch(new RegExp(`^request ${id}, GET /\\?python, running in ends/\\d+\n$`))
    expect(one.stdout).toMatch(
      new RegExp(`^the thread of request ${id}:\n[\\s\\S]*ends\\.py[\\s\\S]*stuck_in_python`),
    )
    expect(one.stdout.match(/^(the|a) thread/gm)).toHaveLength(1)
    const pid = mode === 'daemon' ? workerPids(server)[0] : httpPid(server)
    const all = await tell(server, 'stack', String(pid))
    expect(all.code).toBe(0)
    expect(all.stdout).toContain(`the thread of request ${id}:`)
    // Embedded, the only thread of Python beside it is the one that answers.
    if (mode === 'daemon') expect(all.stdout).toContain('a thread without a request:')
    const none = await tell(server, 'stack', queued.id)
    expect(none).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `request ${queued.id} is in no worker: queued (wsgi)\n`,
    })
  })

  it('ends a running request with 503, and takes its thread back', async () => {
    const server = await startControlled(mode)
    const before = mode === 'daemon' ? workerPids(server)[0] : httpPid(server)
    const { id, answer } = await hold(server, '/?python', 'running')
    const killed = await tell(server, 'kill', id)
    expect(killed).toMatchObject({ code: 0, stdout: '' })
    expect(killed.stderr).toMatch(
      new RegExp(
        `^ended request ${id}, GET /\\?python, after .* got 503\nRequestKilled was raised in its thread of ends/`,
      ),
    )
    const { status, body } = await answer
    expect({ status, body }).toEqual({ status: 503, body: expect.stringContaining(id) })
    // The only thread of the application, of the same process.
    expect((await ask(server.port, '/')).body).toBe(String(before))
    await eventually(() => {
      expect(server.stderr()).toMatch(new RegExp(`request.failed request=${id} .*E_REQUEST_KILLED .*by=\\w+`))
      expect(server.stderr()).toMatch(
        new RegExp(`worker.interrupted .*request=${id} by=\\w+\n( .*\n)+ .*stuck_in_python`),
      )
      expect(server.stderr()).toMatch(new RegExp(`raised RequestKilled in request ${id}`))
    })
  })

  it('takes a request out of the queue with 503', async () => {
    const server = await startControlled(mode)
    await hold(server, '/?python', 'running')
    const { id, answer } = await hold(server, '/?next', 'queued')
    const killed = await tell(server, 'kill', id)
    expect(killed.stderr).toMatch(
      new RegExp(`^ended request ${id}, GET /\\?next, after .*: its client got 503\n$`),
    )
    expect((await answer).status).toBe(503)
    expect((await listed(server)).map(({ target }) => target)).toEqual(['/?python'])
  })

  it('cuts an answer short that is on its way, so that its client can see that', async () => {
    const server = await startControlled(mode)
    const socket = connect(server.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {})
    // 40 MiB that nobody reads yet, chunked: more than the kernel takes.
    socket.pause()
    socket.write(requestText('/?long'))
    const id = await eventually(async () => {
      const [first] = await listed(server)
      expect(first).toMatchObject({ target: '/?long', stage: 'sending' })
      return first?.id ?? ''
    })
    const killed = await tell(server, 'kill', id)
    expect(killed.stderr).toContain('its answer was cut short')
    let text = ''
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece
    })
    socket.resume()
    await ended
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/)
    expect((await ask(server.port, '/')).status).toBe(200)
  })
})

it('ends an upload that does not come to an end', async () => {
  const server = await startControlled('daemon')
  const bytes = 'POST /up HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf'
  const answer = rawExchange(server.port, bytes, { until: (text) => text.includes('</html>') })
  const id = await eventually(async () => {
    const [first] = await listed(server)
    expect(first?.stage).toBe('reading body')
    return first?.id ?? ''
  })
  expect((await tell(server, 'kill', id)).code).toBe(0)
  expect(await answer).toMatch(/^HTTP\/1\.1 503 /)
})

it('shows all threads when the interpreter cannot say which of them has the request', async () => {
  const server = await startControlled('daemon')
  const { id } = await hold(server, '/?lock', 'running')
  const one = await tell(server, 'stack', id)
  expect(one.stderr).toMatch(
    /^request .*\nits interpreter could not say which thread has which request; all of them:\n$/,
  )
  expect(one.stdout).toMatch(/^all threads:\nIt did not answer in time.*\n[\s\S]*ends\.py[\s\S]*$/)
})

it.each([
  ['kill', 'nosuch-1', 'no request nosuch-1 is in progress\n'],
  ['kill', 'a b', '"request" of kill is not the id of a request\n'],
  ['stack', 'nosuch-1', 'no request nosuch-1 is in progress\n'],
  ['stack', '4000000', 'no worker and no HTTP process has the number or pid 4000000\n'],
])('%s %s fails with exit code 1', async (verb, id, stderr) => {
  const server = await startControlled('daemon')
  expect(await tell(server, verb, id)).toEqual({ code: 1, signal: null, stdout: '', stderr })
})

it('closes the connection of a request that somebody else works on, and does not claim more', async () => {
  const peer = new FastcgiServer()
  const address = await peer.listen()
  onTestFinished(() => peer.close())
  peer.answers.set('n', () => {})
  const config = `runtime: run\nmounts: { /: { fastcgi: { address: "${address}" } } }\n`
  const server = await startPortico({ config })
  const { id, answer } = await hold(server, '/?n', 'running')
  const killed = await tell(server, 'kill', id)
  expect(killed.stderr).toContain(
    `its connection to ${address} was closed (one that carries several gets FCGI_ABORT_REQUEST); the application there may be`,
  )
  expect((await answer).status).toBe(503)
})

/** Over SCGI, one request at a time. */
const patient = `import socket, time
listener = socket.socket(fileno=0)
while True:
    connection, _ = listener.accept()
    with connection:
        call = connection.recv(65536)
        if b'\\0QUERY_STRING\\0slow\\0' in call:
            time.sleep(600)
        if call:
            connection.sendall(b'Content-Type: text/plain\\r\\nContent-Length: 4\\r\\n\\r\\nfast')
`

it('ends a program that serves one request at a time, so that nobody waits behind that request', async () => {
  const config =
    'runtime: run\nmounts: { /: { scgi: { command: [python3, patient.py], processes: 1, limits: { stop_time: 1s } } } }\n'
  const server = await startPortico({ config, files: { 'patient.py': patient } })
  expect((await ask(server.port, '/')).body).toBe('fast')
  const { id, answer } = await hold(server, '/?slow', 'running')
  const killed = await tell(server, 'kill', id)
  expect(killed.stderr).toContain('is ended, and another takes its place')
  expect((await answer).status).toBe(503)
  expect((await ask(server.port, '/')).body).toBe('fast')
})

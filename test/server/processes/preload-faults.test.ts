// preload: true, when something stands in the way: a fork that takes long, an application that lies, a socket that is gone.

import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { isAlive, parentOf, processTree } from '../../double/process-tree.ts'
import { untilWorkers, workerPids } from '../../double/processes.ts'
import { publicProgram } from '../../double/public-copy.ts'
import { type RunningPortico, startPortico } from '../../double/server.ts'
import { scratch } from '../cli/command.ts'

const answer = `
def application(environ, start_response):
    start_response('200 OK', [])
    return [b'here']
`

interface Wish {
  readonly more?: string
  readonly top?: string
}

function start(directory: string, { more = '', top = 'runtime: run\n' }: Wish = {}): Promise<RunningPortico> {
  const application = `{ wsgi: "app:application", directory: ${directory}, preload: true, processes: 1, ${more} }`
  return startPortico({
    config: `${top}applications: { app: ${application} }\nmounts: { /: app }\n`,
    environment: { PYTHONDONTWRITEBYTECODE: '1' },
    program: publicProgram(),
  })
}

function untilSaid(server: RunningPortico, what: RegExp): Promise<true> {
  return eventually(String(what), () => (what.test(server.stderr()) ? true : undefined))
}

async function killOne(server: RunningPortico): Promise<number> {
  const [pid = 0] = await untilWorkers(server, 1)
  process.kill(pid, 'SIGKILL')
  return pid
}

describe('preload', () => {
  it('stops while a fork is under way', async () => {
    const slow =
      'import os, time\nos.register_at_fork(before=lambda: os.path.exists("slow") and (open("forks", "w"), time.sleep(2)))\n'
    const directory = scratch({ 'app.py': slow + answer })
    const server = await start(directory)
    writeFileSync(join(directory, 'slow'), '')
    await killOne(server)
    await eventually('the fork', () => (existsSync(join(directory, 'forks')) ? true : undefined))
    const all = processTree(server.pid)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
    await untilSaid(server, /worker\.retired application=app worker=\d+$/m)
    await eventually('nothing is left', () => (all.some(isAlive) ? undefined : true))
  })

  it('stops although a worker was told of that is not there and never ends', async () => {
    const lie = `
import os
from portico_worker.worker import preload
fork = preload.Template._fork
def lying(self, worker, listener):
    if not os.path.exists('lie'):
        return fork(self, worker, listener)
    self.kept = {}
    preload._take(listener, self.kept, worker)
    self._control.send({'event': 'forked', 'worker': worker, 'pid': 4194305})
preload.Template._fork = lying
`
    const directory = scratch({ 'app.py': lie + answer })
    const server = await start(directory)
    writeFileSync(join(directory, 'lie'), '')
    await killOne(server)
    await untilSaid(server, /worker\.exited/)
    expect(await server.stop()).toEqual({ code: 0, signal: null })
  })

  it('forks from a new process when somebody has removed the socket of the one before', async () => {
    const server = await start(scratch({ 'app.py': answer }))
    const [before = 0] = await untilWorkers(server, 1)
    rmSync(join(server.directory, 'run'), { recursive: true })
    await eventually('another worker', () => {
      const pids = workerPids(server)
      return pids.length === 1 && !pids.includes(before) ? true : undefined
    })
    expect(await (await fetch(server.url)).text()).toBe('here')
    expect(server.stderr()).not.toContain('worker.failed')
    await eventually('the supervisor, the HTTP process, the new template and its worker', () =>
      processTree(server.pid).length === 4 ? true : undefined,
    )
  })

  it('kills what a worker leaves in its group also when the process that it came from is gone', async () => {
    const leaves = `
import os, subprocess
def application(environ, start_response):
    start_response('200 OK', [])
    return [b'%d' % subprocess.Popen(['sleep', '60']).pid]
`
    const server = await start(scratch({ 'app.py': leaves }))
    const [worker = 0] = await untilWorkers(server, 1)
    const left = Number(await (await fetch(server.url)).text())
    process.kill(parentOf(worker) ?? 0, 'SIGKILL')
    await untilSaid(server, /template\.exited/)
    process.kill(worker, 'SIGKILL')
    await eventually('its end', () => (isAlive(left) ? undefined : true))
    await untilSaid(server, /nobody saw how/)
  })

  it('says why the process that has the application was given up', async () => {
    const hang = `
import ctypes, os
from portico_worker.worker import preload
reap = preload.Template._reap
def hanging(self):
    if os.path.exists('hang'):
        ctypes.PyDLL(None).sleep(60)
    return reap(self)
preload.Template._reap = hanging
`
    const directory = scratch({ 'app.py': hang + answer })
    const server = await start(directory, { more: 'limits: { deadlock_time: 500ms }' })
    await untilWorkers(server, 1)
    writeFileSync(join(directory, 'hang'), '')
    await untilSaid(server, /template\.exited .*signal=SIGABRT[\s\S]*limits\.deadlock_time[\s\S]*in hanging/)
    expect((await fetch(server.url)).status).toBe(200)
  })
})

describe.skipIf(process.getuid?.() !== 0)('preload with a user', () => {
  it('says nothing to the socket of somebody else that an application has put in the place of its own', async () => {
    const directory = scratch({})
    chmodSync(directory, 0o755)
    const heard: Socket[] = []
    const foreign = createServer((socket) => heard.push(socket))
    onTestFinished(() => {
      for (const socket of heard) socket.destroy()
      foreign.close()
    })
    const address = join(directory, 'foreign.sock')
    await new Promise<void>((resolve) => foreign.listen(address, resolve))
    const swap = `
import gc, os
from portico_worker.process.listener import UnixListener
for own in [one for one in gc.get_objects() if isinstance(one, UnixListener)]:
    os.unlink(own.getsockname())
    os.symlink('${address}', own.getsockname())
`
    writeFileSync(join(directory, 'app.py'), swap + answer, { mode: 0o644 })
    const server = await start(directory, { more: 'user: nobody', top: 'user: www-data\n' })
    await untilSaid(server, /internal\.fault .*t\d+\.sock" is not a socket/)
    expect(heard).toEqual([])
  })
})

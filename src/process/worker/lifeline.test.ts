import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alive, application, place, temporaryDirectory, until } from '../../../test/app/worker/stand-in.ts'
import { transpile } from '../../../test/app/worker/transpile.ts'

const script = (module: string, launch: object): string => `
import { PythonWorker } from ${JSON.stringify(module)}
const log = { debug() {}, info() {}, warn() {}, error() {} }
const sink = { ready: () => process.stdout.write(worker.pid + '\\n'), exited() {} }
const worker = new PythonWorker(${JSON.stringify(launch)}, sink, log, () => performance.now())
`

describe('the lifeline of a worker', () => {
  it('ends a worker whose supervisor was killed', async () => {
    const directory = temporaryDirectory()
    transpile('process/worker/worker-launch.ts', directory)
    const module = transpile('process/worker/python-worker.ts', directory)
    const { workerLaunch } = await import('./worker-launch.ts')
    const main = join(directory, 'main.js')
    writeFileSync(main, script(module, workerLaunch(application(), place('ready'), 1)))
    const supervisor = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    supervisor.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    const pid = Number(await until(() => text.includes('\n') && text, 'the worker is ready'))
    expect(alive(pid)).toBe(true)
    supervisor.kill('SIGKILL')
    await until(() => !alive(pid), 'the worker is gone')
  })
})

// A worker's process that is started as a program: the interpreter with our package as its script, or Node with our launcher.

import { type ChildProcess, spawn } from 'node:child_process'
import { Duplex, Readable } from 'node:stream'
import { startAs } from '../identity/start-as.ts'
import { faultAs } from '../python/interpreter-reach.ts'
import { killGroup, signalProcess } from '../system/process-group.ts'
import * as failures from './start-failure.ts'
import { crashDescriptor, type WorkerLaunch } from './worker-contract.ts'
import type { ProcessSink, ProcessSource, WorkerProcess } from './worker-process.ts'

/** A launcher has little to keep, and takes a quarter less memory so. */
const nodeOptions = ['--max-semi-space-size=1']

export const spawnedProcesses: ProcessSource = {
  start: (launch, sink) => {
    const { python, packagePath, environment, identity, listener } = launch
    try {
      const words = [...(python === null ? nodeOptions : []), packagePath, ...launch.arguments]
      const start = startAs(identity, python ?? process.execPath, words, environment)
      const child = spawn(start.file, start.arguments, {
        ...start.options,
        cwd: '/', // the worker goes to the application's directory itself and can say why it cannot
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', ...(listener === undefined ? [] : [listener])],
      })
      return new SpawnedProcess(child, launch, sink)
    } catch (error) {
      process.nextTick(() => sink.notBegun(notSpawned(launch, error)))
      return noProcess
    }
  },
}

class SpawnedProcess implements WorkerProcess {
  readonly #child: ChildProcess

  constructor(child: ChildProcess, launch: WorkerLaunch, sink: ProcessSink) {
    this.#child = child
    // 'error' also reports signals that could not be sent; only a process that never was ends here.
    child.on('error', (error) => {
      if (child.pid === undefined) sink.notBegun(notSpawned(launch, error))
    })
    child.on('exit', (code, signal) => sink.exited({ code, signal }))
    child.on('close', () => sink.closed())
    const { stdout, stderr } = child
    const control: unknown = child.stdio[3]
    const crash: unknown = child.stdio[crashDescriptor]
    if (child.pid === undefined || stdout === null || stderr === null) return
    if (control instanceof Duplex && crash instanceof Readable)
      sink.begun(child.pid, { stdout, stderr, control, crash })
  }

  signal(signal: NodeJS.Signals | number): void {
    signalProcess(this.#child.pid ?? 0, signal)
  }

  kill(): void {
    killGroup(this.#child.pid ?? 0)
  }

  close(): void {
    for (const stream of this.#child.stdio) stream?.destroy()
  }
}

const noProcess: WorkerProcess = { signal: () => {}, kill: () => {}, close: () => {} }

function notSpawned({ worker, python, environment, identity, configuration }: WorkerLaunch, error: unknown) {
  const facts = { application: configuration.application, worker, pid: 0 }
  if (python === null) return failures.notSpawned(facts, `Node.js "${process.execPath}"`, error)
  const fault = faultAs(identity, python, '', environment)
  return failures.notSpawned(facts, `Python interpreter "${python}"`, error, fault)
}

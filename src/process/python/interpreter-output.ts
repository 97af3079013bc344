// What an HTTP process says that has an interpreter in it: the output of its applications line by line, as of a worker,
// and behind the inherited descriptors what the interpreter writes when it crashes.

import type { ChildProcess } from 'node:child_process'
import { Readable } from 'node:stream'
import type { Log } from '../../log/log.ts'
import { Deadline } from '../deadline.ts'
import { CrashText } from '../worker/crash-text.ts'
import { outputLimits } from '../worker/output-budget.ts'
import { WorkerOutput } from '../worker/worker-output.ts'

/** What a process said before it ended is in the pipes already; a child of it may hold them open for ever. */
const afterExitMs = 250

export class InterpreterOutput {
  readonly #output: WorkerOutput
  readonly #streams: readonly Readable[]
  readonly #closed: Promise<unknown>
  readonly #crash: CrashText | undefined

  /** @param crash descriptor of the process that takes what it says when it crashes */
  constructor(child: ChildProcess, crash: number, application: string, log: Log, clock: () => number) {
    this.#output = new WorkerOutput({ application, pid: child.pid ?? 0 }, log, clock, outputLimits)
    const [stdout, stderr, stack] = [child.stdout, child.stderr, child.stdio[crash]]
    this.#streams = [stdout, stderr, stack].filter((stream) => stream instanceof Readable)
    this.#closed = Promise.all(
      this.#streams.map((stream) => new Promise<void>((resolve) => stream.once('close', resolve))),
    )
    if (stdout !== null) this.#output.read('stdout', stdout)
    if (stderr !== null) this.#output.read('stderr', stderr)
    if (stack instanceof Readable) this.#crash = new CrashText(stack)
  }

  /** The process has exited: the rest of what it said is logged; resolves to the crash, '' when there was none. */
  async ended(): Promise<string> {
    const late = new Deadline()
    await Promise.race([this.#closed, new Promise<void>((resolve) => late.arm(afterExitMs, resolve))])
    late.clear()
    for (const stream of this.#streams) stream.destroy()
    this.#output.close()
    return this.#crash?.text ?? ''
  }
}

// The supervisor's end of one worker's descriptor 3: control lines in, commands out.
// It is the worker's lifeline too: when this end closes, the worker ends. What the lines mean for the worker
// is worker.ts.

import type { Duplex } from 'node:stream'
import { Deadline } from '../deadline.ts'
import {
  type ControlCommand,
  type ControlEvent,
  controlLineBytes,
  encodeControlLine,
  type LauncherConfiguration,
  parseControlLine,
  type ThreadStack,
  type WorkerConfiguration,
} from './control-line.ts'
import { LineSplitter } from './line-splitter.ts'

export interface ControlSink {
  event(event: ControlEvent): void
  closed(): void
}

const stacksMs = 500

export class ControlConnection {
  readonly #stream: Duplex
  readonly #stacksWaiting: ((threads: readonly ThreadStack[]) => void)[] = []

  constructor(stream: Duplex, configuration: WorkerConfiguration | LauncherConfiguration, sink: ControlSink) {
    this.#stream = stream
    const splitter = new LineSplitter(controlLineBytes, {
      line: (bytes, complete) => {
        const event = complete ? parseControlLine(bytes.toString('utf8')) : tooLong
        if (event.kind === 'stacks') this.#answerStacks(event.threads)
        else sink.event(event)
      },
    })
    stream.on('data', (chunk: Buffer) => splitter.push(chunk))
    // EPIPE and ECONNRESET say that the worker is ending; 'close' follows.
    stream.on('error', () => {})
    stream.on('close', () => {
      this.#answerStacks([])
      sink.closed()
    })
    stream.write(encodeControlLine(configuration))
  }

  send(command: ControlCommand): void {
    if (this.#stream.writable) this.#stream.write(encodeControlLine(command))
  }

  /** What the worker's threads are doing; nothing when it does not answer within half a second. */
  stacks(): Promise<readonly ThreadStack[]> {
    if (this.#stream.destroyed) return Promise.resolve([])
    return new Promise((resolve) => {
      const deadline = new Deadline()
      this.#stacksWaiting.push((threads) => {
        deadline.clear()
        resolve(threads)
      })
      deadline.arm(stacksMs, () => this.#answerStacks([]))
      this.send({ command: 'stacks' })
    })
  }

  close(): void {
    this.#stream.destroy()
  }

  #answerStacks(threads: readonly ThreadStack[]): void {
    for (const resolve of this.#stacksWaiting.splice(0)) resolve(threads)
  }
}

const tooLong: ControlEvent = { kind: 'bad', why: `longer than ${controlLineBytes} bytes` }

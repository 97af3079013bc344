// What a worker or a service writes to stdout and stderr becomes events of the log, one a line.
// Always reads on and drops what is over the budget, counted; keeps the last lines of stderr for the report
// of a failed start.

import type { Readable } from 'node:stream'
import type { Log } from '../../log/log.ts'
import { Deadline } from '../deadline.ts'
import { LineSplitter } from './line-splitter.ts'
import { OutputBudget, type OutputLimits } from './output-budget.ts'

/** The longest piece of a line that becomes one event, octets. */
const outputLineBytes = 16 * 1024
const tailLineCount = 40
const reportEveryMs = 1000
// After a chunk (64 KiB) of which lines were dropped: a flood is read at some 30 MB/s, for a few per cent of
// a core. At full speed it would take a core here and one in the worker, and nobody on a small machine would
// get an answer.
const breathMs = 2

/** The number of a worker; an HTTP process has none. */
export type OutputOrigin =
  | { readonly application: string; readonly worker?: number; readonly pid: number }
  | { readonly service: string; readonly pid: number }

export type OutputStream = 'stdout' | 'stderr'

export class WorkerOutput {
  readonly #origin: OutputOrigin
  readonly #kind: 'application' | 'service'
  readonly #log: Log
  readonly #clock: () => number
  readonly #budget: OutputBudget
  readonly #report = new Deadline()
  readonly #tail: string[] = []
  #reportArmed = false
  #dropped = 0

  constructor(origin: OutputOrigin, log: Log, clock: () => number, limits: OutputLimits) {
    this.#origin = origin
    this.#kind = 'service' in origin ? 'service' : 'application'
    this.#log = log
    this.#clock = clock
    this.#budget = new OutputBudget(limits)
  }

  read(stream: OutputStream, source: Readable): void {
    let request: string | undefined
    let continued = false
    const splitter = new LineSplitter(outputLineBytes, {
      line: (bytes, complete) => {
        const prefix = continued ? undefined : requestPrefix(bytes)
        if (!continued) request = prefix?.request
        continued = !complete
        this.#write(stream, request, prefix === undefined ? bytes : bytes.subarray(prefix.lengthBytes))
      },
    })
    const breath = new Deadline()
    source.on('data', (chunk: Buffer) => {
      const droppedBefore = this.#dropped
      splitter.push(chunk)
      if (this.#dropped === droppedBefore) return
      source.pause()
      breath.arm(breathMs, () => source.resume())
    })
    // A reset pipe is an end like any other; the exit of the process tells what happened.
    source.on('error', () => {})
    // At 'end', because the process's own 'close' can come before that of its last pipe; 'close' is for a pipe cut off.
    source.on('end', () => splitter.flush())
    source.on('close', () => splitter.flush())
  }

  /** The last lines of stderr, for a worker that ended without a word. */
  tail(): string {
    return this.#tail.join('\n')
  }

  /** Reports what was dropped since the last report; nothing more is expected. */
  close(): void {
    this.#report.clear()
    this.#reportArmed = false
    this.#reportDropped()
  }

  #write(stream: OutputStream, request: string | undefined, bytes: Buffer): void {
    if (!this.#budget.admit(bytes.length, this.#clock())) {
      this.#dropped += 1
      this.#armReport()
      return
    }
    const text = bytes.toString('utf8')
    const facts = { ...this.#origin, ...(request === undefined ? {} : { request }), stream }
    if (stream === 'stderr') {
      this.#tail.push(text)
      if (this.#tail.length > tailLineCount) this.#tail.shift()
      this.#log.warn(`${this.#kind}.output`, facts, text)
    } else {
      this.#log.info(`${this.#kind}.output`, facts, text)
    }
  }

  #armReport(): void {
    if (this.#reportArmed) return
    this.#reportArmed = true
    this.#report.arm(reportEveryMs, () => {
      this.#reportArmed = false
      this.#reportDropped()
    })
  }

  #reportDropped(): void {
    const lines = this.#budget.takeDropped()
    if (lines > 0) this.#log.warn(`${this.#kind}.output_dropped`, { ...this.#origin, lines })
  }
}

const longestRequestIdBytes = 64

/**
 * "\x01ID\x02" at the start of a line: the worker says which request was running when the line was written.
 */
function requestPrefix(bytes: Buffer): { request: string; lengthBytes: number } | undefined {
  if (bytes[0] !== 1) return undefined
  const end = bytes.subarray(0, longestRequestIdBytes + 2).indexOf(2)
  if (end < 0) return undefined
  return { request: bytes.toString('latin1', 1, end), lengthBytes: end + 1 }
}

// Where log lines wait for a slow disk, pipe or terminal: bounded, and never in the way of the server.
// Past the bound lines are dropped and counted. A reader that has gone (EPIPE) silences the sink, never the process.
// Knows nothing about what a line says. Writing and its queue are sonic-boom's.

import sonicBoom, { type SonicBoom } from 'sonic-boom'
import { monotonicMs } from '../clock.ts'
import { type Destination, openDestination } from './destination.ts'
import type { RecentLines } from './recent-lines.ts'

const heldBytesDefault = 1_048_576
/** Lines are handed on in pieces of this length; below the 4096 octets that a pipe takes in one piece. */
const batchLength = 3500
const shortestRetryMs = 2
const longestRetryMs = 100
const exitWaitMs = 500
const closeWaitMs = 1000

export interface SinkOptions {
  /** `-` for `standard`, `off`, or a path. */
  readonly destination: string
  /** Descriptor of standard output or error, by whatever number. */
  readonly standard: number
  /** Ids of users but root whose files root may write to; default none. */
  readonly owners?: readonly number[] | undefined
  /** The longest that a line waits for company, in ms; 0 writes it at once. */
  readonly delayMs: number
  /** The most that may wait, in octets; default 1 MiB. */
  readonly heldBytes?: number
  /** Also keeps what is written, for who asks later; what was dropped and what nobody reads as well. */
  readonly recent?: RecentLines | undefined
  /** Lines were dropped and there is room again; or the sink closes. */
  dropped(lines: number): void
  /** Told once when writing or reopening begins to fail, and again after it has worked in between. */
  failed(error: Error): void
}

/** Takes whole lines, each with its newline. No call throws or waits. */
export interface Sink {
  readonly terminal: boolean
  write(line: string): void
  /** Lets go what waits for company. */
  handOn(): void
  /** Opens the path anew, for logrotate; nothing for a standard descriptor. Keeps the old file when that fails. */
  reopen(): void
  /** Writes what waits, for at most half a second; for the exit of the process. */
  flushSync(): void
  /** Resolves when everything is written, or given up after one second. */
  close(): Promise<void>
}

const silence: Sink = {
  terminal: false,
  write() {},
  handOn() {},
  reopen() {},
  flushSync() {},
  close: async () => {},
}

/** Opens a sink; throws an error that says why when the path cannot be opened. */
export function openSink(options: SinkOptions): Sink {
  if (options.destination === 'off') return silence
  return new LineSink(options, openDestination(options.destination, options.standard, options.owners))
}

class LineSink implements Sink {
  readonly terminal: boolean
  readonly #options: SinkOptions
  readonly #limitOctets: number
  #stream: SonicBoom
  #batch = ''
  #batchLines = 0
  #batchTimer: NodeJS.Timeout | undefined
  /** Octets handed to sonic-boom and not yet taken by the system. */
  #heldOctets = 0
  #droppedLines = 0
  #retryMs = shortestRetryMs
  #retryTimer: NodeJS.Timeout | undefined
  #failing = false
  #open = true

  constructor(options: SinkOptions, destination: Destination) {
    this.#options = options
    this.#limitOctets = options.heldBytes ?? heldBytesDefault
    this.terminal = destination.terminal
    this.#stream = this.#streamTo(destination)
  }

  write(line: string): void {
    if (!this.#open && this.#options.recent === undefined) return
    if (this.#batch.length + line.length > batchLength) this.handOn()
    this.#batch += line
    this.#batchLines++
    if (this.#options.delayMs === 0) this.handOn()
    else this.#batchTimer ??= setTimeout(() => this.handOn(), this.#options.delayMs).unref()
  }

  handOn(): void {
    clearTimeout(this.#batchTimer)
    this.#batchTimer = undefined
    const [batch, lines] = [this.#batch, this.#batchLines]
    if (lines === 0) return
    this.#batch = ''
    this.#batchLines = 0
    const octets = Buffer.byteLength(batch)
    this.#options.recent?.add(batch, octets)
    if (!this.#open) return
    if (this.#heldOctets + octets > this.#limitOctets) {
      this.#droppedLines += lines
      return
    }
    this.#heldOctets += octets
    this.#stream.write(batch)
  }

  reopen(): void {
    if (!this.#open || this.#options.destination === '-') return
    try {
      const { destination, standard, owners } = this.#options
      const next = openDestination(destination, standard, owners)
      this.handOn()
      const last = this.#stream
      this.#stream = this.#streamTo(next)
      last.end()
    } catch (error) {
      this.#report(error)
    }
  }

  flushSync(): void {
    if (!this.#open) return
    this.handOn()
    const deadline = monotonicMs() + exitWaitMs
    for (;;) {
      try {
        this.#stream.flushSync()
        this.#heldOctets = 0
        return
      } catch (error) {
        if (!isBusy(error) || monotonicMs() > deadline) return
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, shortestRetryMs)
      }
    }
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#tellDropped()
    this.handOn()
    if (!this.#open) return
    this.#open = false
    const stream = this.#stream
    await new Promise<void>((resolve) => {
      const giveUp = setTimeout(() => {
        stream.destroy()
        resolve()
      }, closeWaitMs)
      stream.once('close', () => {
        clearTimeout(giveUp)
        resolve()
      })
      stream.end()
    })
    clearTimeout(this.#retryTimer)
  }

  #streamTo(destination: Destination): SonicBoom {
    const stream = new sonicBoom.SonicBoom({
      fd: destination.descriptor,
      maxWrite: destination.writeBytes,
      // Its own wait of 100 ms for a full pipe would hold a busy log at 640 KB/s; see #tryAgain.
      retryEAGAIN: () => false,
    })
    stream.on('error', (error: Error) => this.#stopped(stream, error))
    stream.on('write', (octets: number) => this.#moved(octets))
    return stream
  }

  #moved(octets: number): void {
    if (octets === 0) return
    this.#heldOctets = Math.max(0, this.#heldOctets - octets)
    this.#retryMs = shortestRetryMs
    this.#failing = false
    // Told when half is free, so that the line which says it is not dropped as well.
    const room = this.#heldOctets <= this.#limitOctets / 2
    if (this.#droppedLines > 0 && room) queueMicrotask(() => this.#tellDropped())
  }

  #tellDropped(): void {
    const lines = this.#droppedLines
    this.#droppedLines = 0
    if (lines > 0 && this.#open) this.#options.dropped(lines)
  }

  #stopped(stream: SonicBoom, error: Error): void {
    if (isGone(error) || (this.terminal && isCoded(error, 'EIO'))) {
      this.#open = false
      clearTimeout(this.#batchTimer)
      this.#batchTimer = undefined
      stream.destroy()
      return
    }
    if (!isBusy(error)) this.#report(error)
    this.#tryAgain(stream)
  }

  #tryAgain(stream: SonicBoom): void {
    if (this.#retryTimer !== undefined) return
    const again = () => {
      this.#retryTimer = undefined
      try {
        stream.flush()
      } catch {
        // Closed meanwhile: nothing is left to try.
      }
    }
    this.#retryTimer = setTimeout(again, this.#retryMs).unref()
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs)
  }

  #report(error: unknown): void {
    if (this.#failing) return
    this.#failing = true
    this.#options.failed(error instanceof Error ? error : new Error(String(error)))
  }
}

function isBusy(error: unknown): boolean {
  return isCoded(error, 'EAGAIN') || isCoded(error, 'EBUSY')
}

function isGone(error: unknown): boolean {
  return isCoded(error, 'EPIPE') || isCoded(error, 'EBADF')
}

function isCoded(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

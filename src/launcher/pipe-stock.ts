// The pipes of scripts, made in advance. What Node makes for a child are sockets, which a script cannot open by name
// (`echo x >/dev/stderr`).

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { type PipeSource, pipesMade } from './pipe-sources.ts'

/** Two descriptors. The end that stays here does not block, the end of the script does. */
export interface Pipe {
  readonly ours: number
  readonly theirs: number
}

/** Of one script. */
export interface ScriptPipes {
  readonly input: Pipe
  readonly output: Pipe
  readonly errors: Pipe
  /** What the shell reads that becomes the script. */
  readonly text: Pipe
}

export type Taken = (pipes: ScriptPipes | Error) => void

const pipesOfScript = 4
/** For so many scripts; they have eight descriptors each. */
const mostReady = 16
/** For so many scripts are the pipes of one call of a source. */
const madeAtOnce = pipesMade / pipesOfScript

export class PipeStock {
  #sources: readonly PipeSource[]
  readonly #size: number
  readonly #ready: ScriptPipes[] = []
  readonly #waiting: Taken[] = []
  #isMaking = false

  /** @param sources the first that works is the one @param slots scripts at once */
  constructor(sources: readonly PipeSource[], slots: number) {
    this.#sources = sources
    this.#size = Math.min(Math.max(slots, madeAtOnce), mostReady)
  }

  /** Calls `taken` at once when there are some, else as soon as there are; whoever has them closes them. */
  take(taken: Taken): void {
    const pipes = this.#ready.pop()
    if (pipes === undefined) this.#waiting.push(taken)
    this.#make()
    if (pipes !== undefined) taken(pipes)
  }

  /** Puts back what was not used. */
  giveBack(pipes: ScriptPipes): void {
    if (this.#ready.length < this.#size) this.#ready.push(pipes)
    else closeAll([pipes.input, pipes.output, pipes.errors, pipes.text])
  }

  #make(): void {
    const [source] = this.#sources
    if (this.#isMaking || source === undefined) return
    if (this.#ready.length > this.#size - madeAtOnce) return
    this.#isMaking = true
    source.make((paths) => this.#made(paths instanceof Error ? paths : this.#open(source, paths)))
  }

  /** Undefined when all could be opened. */
  #open(source: PipeSource, paths: readonly string[]): Error | undefined {
    try {
      for (let at = 0; at < paths.length; at += pipesOfScript)
        this.#ready.push(openPipes(paths.slice(at, at + pipesOfScript), source.left))
      this.#sources = [source]
      return undefined
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  #made(trouble: Error | undefined): void {
    this.#isMaking = false
    if (trouble !== undefined && this.#sources.length > 1) {
      this.#sources = this.#sources.slice(1)
      this.#make()
      return
    }
    for (const taken of this.#waiting.splice(0)) {
      const pipes = this.#ready.pop()
      if (pipes !== undefined) taken(pipes)
      else if (trouble !== undefined) taken(trouble)
      else this.#waiting.push(taken)
    }
    if (trouble === undefined) this.#make()
  }
}

function openPipes(paths: readonly string[], left: number): ScriptPipes {
  const pipes: Pipe[] = []
  try {
    for (const [i, path] of paths.entries()) pipes.push(openPipe(path, left, i === 1 || i === 2))
    const [input, output, errors, text] = pipes
    if (input === undefined || output === undefined || errors === undefined || text === undefined)
      throw new Error(`a script has ${pipesOfScript} pipes`)
    return { input, output, errors, text }
  } catch (error) {
    closeAll(pipes)
    throw error
  }
}

function closeAll(pipes: readonly Pipe[]): void {
  for (const { ours, theirs } of pipes) {
    closeSync(ours)
    closeSync(theirs)
  }
}

/** No opening waits: a reading end that does not block comes first, and everything else finds its other end. */
function openPipe(path: string, left: number, isRead: boolean): Pipe {
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  let writing = -1
  try {
    if (!fstatSync(reading).isFIFO()) throw new Error(`${path} is no pipe`)
    if (left > 0) readSync(reading, Buffer.alloc(left))
    writing = openSync(path, constants.O_WRONLY | (isRead ? 0 : constants.O_NONBLOCK))
    if (isRead) return { ours: reading, theirs: writing }
    const theirs = openSync(path, constants.O_RDONLY)
    closeSync(reading)
    return { ours: writing, theirs }
  } catch (error) {
    closeSync(reading)
    if (writing >= 0) closeSync(writing)
    throw error
  }
}

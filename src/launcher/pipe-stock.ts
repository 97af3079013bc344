// The pipes of scripts. What Node makes by itself are sockets, which a script cannot open by name (`echo x >/dev/stderr`), so
// they are made as named pipes, by mkfifo(1), and have no name any more once both ends are open. They are made in advance,
// many at once; nobody but us ever sees the directory.

import { execFile } from 'node:child_process'
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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
/** For so many scripts at once; they have eight descriptors each. */
const leastReady = 4
const mostReady = 16
const makeMs = 10_000

export class PipeStock {
  readonly #directory: string
  readonly #size: number
  readonly #ready: ScriptPipes[] = []
  readonly #waiting: Taken[] = []
  #isMaking = false

  /** @param directory absolute; does not exist @param slots scripts at once */
  constructor(directory: string, slots: number) {
    this.#directory = directory
    this.#size = Math.min(Math.max(slots, leastReady), mostReady)
  }

  /** Calls `taken` at once when there are some, else as soon as there are; whoever has them closes them. */
  take(taken: Taken): void {
    const pipes = this.#ready.pop()
    if (pipes === undefined) this.#waiting.push(taken)
    if (this.#ready.length < this.#size / 2) this.#make()
    if (pipes !== undefined) taken(pipes)
  }

  /** Puts back what was not used. */
  giveBack(pipes: ScriptPipes): void {
    this.#ready.push(pipes)
  }

  #make(): void {
    if (this.#isMaking) return
    this.#isMaking = true
    try {
      const directory = makeDirectory(this.#directory)
      const count = pipesOfScript * (this.#size - this.#ready.length)
      const paths = Array.from({ length: count }, (_, i) => join(directory, String(i)))
      const environment = { PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin` }
      const options = { env: environment, timeout: makeMs, encoding: 'utf8' } as const
      execFile('mkfifo', ['-m', '600', ...paths], options, (error) => {
        this.#made(paths, error)
        rmSync(directory, { recursive: true, force: true })
      })
    } catch (error) {
      process.nextTick(() => this.#made([], error))
    }
  }

  #made(paths: readonly string[], error: unknown): void {
    this.#isMaking = false
    let trouble = error
    for (let at = 0; trouble === null && at < paths.length; at += pipesOfScript) {
      try {
        this.#ready.push(openPipes(paths.slice(at, at + pipesOfScript)))
      } catch (fault) {
        trouble = fault // no descriptor is left
      }
    }
    for (const taken of this.#waiting.splice(0)) {
      const pipes = this.#ready.pop()
      if (pipes !== undefined) taken(pipes)
      else if (trouble === null) this.take(taken)
      else taken(trouble instanceof Error ? trouble : new Error(String(trouble)))
    }
  }
}

export function closePipes({ input, output, errors, text }: ScriptPipes): void {
  for (const { ours, theirs } of [input, output, errors, text]) {
    closeSync(ours)
    closeSync(theirs)
  }
}

/** Only for us; where the one that was told has lost its parent, in that for temporary files. */
function makeDirectory(path: string): string {
  try {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path, { mode: 0o700 })
    return path
  } catch {
    return mkdtempSync(join(tmpdir(), 'portico-pipes-'))
  }
}

function openPipes(paths: readonly string[]): ScriptPipes {
  const pipes: Pipe[] = []
  try {
    for (const [i, path] of paths.entries()) pipes.push(openPipe(path, i === 1 || i === 2))
    const [input, output, errors, text] = pipes
    if (input === undefined || output === undefined || errors === undefined || text === undefined)
      throw new Error(`a script has ${pipesOfScript} pipes`)
    return { input, output, errors, text }
  } catch (error) {
    for (const { ours, theirs } of pipes) {
      closeSync(ours)
      closeSync(theirs)
    }
    throw error
  }
}

/** No opening waits: a reading end that does not block comes first, and everything else finds its other end. */
function openPipe(path: string, isRead: boolean): Pipe {
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  let writing = -1
  try {
    writing = openSync(path, constants.O_WRONLY | (isRead ? 0 : constants.O_NONBLOCK))
    const pipe = isRead
      ? { ours: reading, theirs: writing }
      : { ours: writing, theirs: openSync(path, constants.O_RDONLY) }
    unlinkSync(path)
    if (!isRead) closeSync(reading)
    return pipe
  } catch (error) {
    closeSync(reading)
    if (writing >= 0) closeSync(writing)
    throw error
  }
}

// Where pipes come from, since Node can make none. Both sources give names of new ones that are good for a moment, in which
// both ends are opened.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** @param paths good until it returns */
export type Named = (paths: readonly string[] | Error) => void

export interface PipeSource {
  /** Octets that stand in a new pipe and belong to nobody. */
  readonly left: number
  /** Calls `named` later, once. Not to be called again before that. */
  make(named: Named): void
}

/** Of one call. */
export const pipesMade = 8
const firstDescriptor = 2
const descriptors = Array.from({ length: pipesMade }, (_, i) => firstDescriptor + i)

/**
 * A shell that makes pipes: its here-documents are some. Each line that it reads is a step: make them, let go of them. It ends
 * with us.
 */
const maker = [
  // At the stop of a service everybody gets a signal; ours ends the launcher when its scripts have ended.
  "trap '' HUP INT QUIT TERM",
  'while read -r make; do',
  `exec ${descriptors.map((descriptor) => `${descriptor}<<E`).join(' ')}`,
  ...descriptors.map(() => '.\nE'),
  'echo',
  'read -r taken',
  `exec ${descriptors.map((descriptor) => `${descriptor}<&-`).join(' ')}`,
  'done',
].join('\n')

/** Pipes without a name, opened by that of their descriptor in the shell that made them (proc(5)): Linux alone has that. */
export class ShellPipes implements PipeSource {
  readonly left = '.\n'.length
  readonly #program: string
  #shell: ChildProcess | undefined
  #named: Named | undefined

  /** @param program path of a shell */
  constructor(program = '/bin/sh') {
    this.#program = program
  }

  make(named: Named): void {
    this.#named = named
    try {
      this.#shell ??= this.#start()
      this.#shell.stdin?.write('\n')
    } catch (error) {
      process.nextTick(() => this.#settle(error instanceof Error ? error : new Error(String(error))))
    }
  }

  #start(): ChildProcess {
    const shell = spawn(this.#program, ['-c', maker, 'portico-pipes'], {
      argv0: 'sh',
      cwd: '/',
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    shell.stdin?.on('error', () => {}) // its exit tells the same
    shell.stdout?.on('data', () => {
      this.#settle(descriptors.map((descriptor) => `/proc/${shell.pid}/fd/${descriptor}`))
      shell.stdin?.write('\n')
    })
    shell.on('error', (error) => this.#onEnd(shell, error))
    shell.on('exit', () => this.#onEnd(shell, new Error('the shell that makes pipes has ended')))
    return shell
  }

  #onEnd(shell: ChildProcess, error: Error): void {
    if (this.#shell !== shell) return
    this.#shell = undefined
    this.#settle(error)
  }

  #settle(paths: readonly string[] | Error): void {
    const named = this.#named
    this.#named = undefined
    named?.(paths)
  }
}

const makeMs = 10_000

/**
 * Pipes with names, by mkfifo(1), in a directory that nobody else may enter and that is gone once they are open. On Linux a
 * script cannot open such a one as /dev/stdin once all of its input is written, as it can those of ShellPipes.
 */
export class NamedPipes implements PipeSource {
  readonly left = 0
  readonly #directory: string
  #made = 0

  /** @param directory absolute; does not exist, and neither does one with a number behind it */
  constructor(directory: string) {
    this.#directory = directory
  }

  make(named: Named): void {
    try {
      const directory = makeDirectory(`${this.#directory}${++this.#made}`)
      const paths = descriptors.map((descriptor) => join(directory, String(descriptor)))
      const environment = { PATH: `${process.env.PATH ?? ''}:/usr/bin:/bin` }
      execFile('mkfifo', ['-m', '600', ...paths], { env: environment, timeout: makeMs }, (error) => {
        named(error ?? paths)
        rmSync(directory, { recursive: true, force: true })
      })
    } catch (error) {
      process.nextTick(() => named(error instanceof Error ? error : new Error(String(error))))
    }
  }
}

/** Where the one that was told has lost its parent, in that for temporary files. */
function makeDirectory(path: string): string {
  try {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(path, { mode: 0o700 })
    return path
  } catch {
    return mkdtempSync(join(tmpdir(), 'portico-pipes-'))
  }
}

// A program that is not ours, run in the foreground.

import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { eventually } from '../../double/eventually.ts'
import { isAlive, processTree } from '../../double/process-tree.ts'
import { within } from '../../double/socket.ts'

/** The path of a unix socket, or a port of 127.0.0.1. */
export type SocketAddress = string | number

export interface ProgramOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Where it listens once it is ready. */
  readonly listens?: readonly SocketAddress[]
  /** What ends it; default SIGTERM. */
  readonly ending?: NodeJS.Signals
}

const readyMs = 20_000
const stopMs = 10_000

export class RunningProgram {
  readonly #child: ChildProcess
  readonly #options: ProgramOptions
  readonly #exit: Promise<void>
  #output = ''
  #ended = false

  constructor(command: readonly string[], directory: string, options: ProgramOptions) {
    const [program = '', ...args] = command
    this.#options = options
    this.#child = spawn(program, args, {
      cwd: directory,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const keep = (text: string): void => {
      this.#output += text
    }
    this.#child.stdout?.setEncoding('utf8').on('data', keep)
    this.#child.stderr?.setEncoding('utf8').on('data', keep)
    this.#exit = new Promise((resolve) => {
      const end = (): void => {
        this.#ended = true
        resolve()
      }
      this.#child.once('exit', end)
      this.#child.once('error', (error) => {
        this.#output += error.message
        end()
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Everything it has said. */
  output(): string {
    return this.#output
  }

  /** Ids of the processes below it. */
  children(): number[] {
    return processTree(this.pid).filter((pid) => pid !== this.pid && isAlive(pid))
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async ready(): Promise<void> {
    for (const address of this.#options.listens ?? []) {
      const listens = async (): Promise<true | undefined> => {
        if (this.#ended) throw new Error(`it ended: ${this.#output}`)
        return (await takesConnections(address)) ? true : undefined
      }
      await eventually(`a connection to ${address}`, listens, readyMs)
    }
  }

  /** Ends it and all below it. */
  async stop(): Promise<void> {
    const all = processTree(this.pid)
    if (!this.#ended) this.kill(this.#options.ending ?? 'SIGTERM')
    try {
      await within(stopMs, this.#exit, 'the end of the program')
    } catch {
      this.kill('SIGKILL')
      await this.#exit
    }
    for (const pid of all) if (pid !== this.pid && isAlive(pid)) process.kill(pid, 'SIGKILL')
  }
}

function takesConnections(address: SocketAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket =
      typeof address === 'string' ? connect(address) : connect({ port: address, host: '127.0.0.1' })
    const done = (value: boolean): void => {
      socket.destroy()
      resolve(value)
    }
    socket.on('connect', () => done(true)).on('error', () => done(false))
  })
}

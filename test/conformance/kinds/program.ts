// A foreign server as a child process: a free port for it, its standard error as its log, its end.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { eventually } from '../../double/eventually.ts'
import { within } from '../../double/socket.ts'
import { Client } from '../client.ts'

const startMs = 15_000
const stopMs = 10_000

export interface Program {
  readonly command: readonly [string, ...string[]]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** A file that holds its log, beside standard error and output. */
  readonly logFile?: string
  /** Asks it to end; SIGTERM unless it understands that otherwise. */
  readonly stopSignal?: NodeJS.Signals
}

export interface RunningProgram {
  readonly port: number
  /** All that it has said so far. */
  log(): string
  /** Resolves when it has ended. */
  stop(): Promise<void>
}

/** Starts it and waits until it answers anything at all. */
export async function startProgram(port: number, program: Program): Promise<RunningProgram> {
  const [command, ...args] = program.command
  const child = spawn(command, args, {
    cwd: program.directory,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...program.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  let ended = false
  const exit = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  }).then(() => {
    ended = true
  })
  const { logFile } = program
  const log = (): string =>
    said + (logFile !== undefined && existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const running = { port, log, stop: () => stop(child, exit, program.stopSignal ?? 'SIGTERM') }
  try {
    await untilAnswers(port, () => ended)
    return running
  } catch (error) {
    await running.stop()
    throw new Error(`does not start: ${log().trim().split('\n').at(-1)}`, { cause: error })
  }
}

async function stop(child: ChildProcess, exit: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  try {
    await within(stopMs, exit, 'the end')
  } catch {
    child.kill('SIGKILL')
    await exit
  }
}

async function untilAnswers(port: number, ended: () => boolean): Promise<void> {
  const until = performance.now() + startMs
  while (!(await answers(port))) {
    if (ended() || performance.now() > until) throw new Error(`nothing answers on port ${port}`)
    await eventually('a moment', pause())
  }
}

/** True at the second look. */
function pause(): () => true | undefined {
  let looks = 0
  return () => (looks++ > 1 ? true : undefined)
}

async function answers(port: number): Promise<boolean> {
  try {
    const client = await Client.open(port)
    client.send('GET /where HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    const come = await client.until('an answer', (text) => text.startsWith('HTTP/1.1 '), startMs)
    client.destroy()
    return come
  } catch {
    return false
  }
}

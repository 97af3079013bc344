// Starts the built server (dist) as its users do, in a process of its own, and ends it with the test.
// Building is the business of `npm test` or `npm run build`, never of a test.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { within } from './socket.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const readyMs = 20_000
const stopMs = 20_000

export interface PorticoOptions {
  /** Text of portico.yaml; without `listen:` a free port is chosen. */
  readonly config?: string
  /** Files beside it, by relative path; without `config` their directory is served as it is. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** The whole command line when there is neither `config` nor `files`; else added to it. */
  readonly args?: readonly string[]
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Working directory when there is neither `config` nor `files`; default: the repository. */
  readonly cwd?: string
  /** The program to run in place of bin/portico.js, for example an installed one. */
  readonly program?: string
  /** Descriptors that it may open (RLIMIT_NOFILE). */
  readonly descriptors?: number
  /** True when the caller stops it, for a server that several tests share. */
  readonly shared?: boolean
}

/** How the server ended. */
export interface PorticoExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface RunningPortico {
  readonly port: number
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string
  readonly pid: number
  /** Directory of `config` and `files`; '' when there are none. */
  readonly directory: string
  /** Everything said so far. */
  stderr(): string
  stdout(): string
  /** SIGTERM, and SIGKILL when that does not help in 20 s; resolves when it has ended. */
  stop(): Promise<PorticoExit>
  kill(signal: NodeJS.Signals): void
  readonly exit: Promise<PorticoExit>
}

/** Resolves when the server says `ready`; fails with what it said when it ends before, or after 20 s. */
export async function startPortico(options: PorticoOptions): Promise<RunningPortico> {
  const directory = writeFiles(options)
  const server = new Server(options, directory)
  if (options.shared !== true) onTestFinished(() => server.end())
  try {
    await within(readyMs, server.ready, 'the line "ready" of portico')
    return server
  } catch (error) {
    await server.end()
    const said = `portico said:\n${server.stderr()}${server.stdout()}`
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${said}`, { cause: error })
  }
}

function writeFiles({ config, files }: PorticoOptions): string {
  if (config === undefined && files === undefined) return ''
  const directory = mkdtempSync(join(tmpdir(), 'portico-test-'))
  const all = { ...files, ...(config === undefined ? {} : { 'portico.yaml': config }) }
  for (const [name, content] of Object.entries(all)) {
    const path = join(directory, name)
    mkdirSync(dirname(path), { recursive: true })
    // Executable, so that a CGI script needs no further word.
    writeFileSync(path, content, { mode: 0o755 })
  }
  return directory
}

function commandLine({ config, args = [] }: PorticoOptions, directory: string): string[] {
  if (directory === '') return [...args]
  const what = config === undefined ? directory : join(directory, 'portico.yaml')
  const listen = config !== undefined && /^listen:/m.test(config) ? [] : ['--listen', '127.0.0.1:0']
  return ['serve', what, ...listen, ...args]
}

class Server implements RunningPortico {
  port = 0
  url = ''
  readonly directory: string
  readonly exit: Promise<PorticoExit>
  readonly ready: Promise<void>
  readonly #child: ChildProcess
  #stderr = ''
  #stdout = ''
  #ended = false

  constructor(options: PorticoOptions, directory: string) {
    this.directory = directory
    const program =
      options.program === undefined ? [process.execPath, join(root, 'bin/portico.js')] : [options.program]
    const limit = options.descriptors
    const limited = limit === undefined ? [] : ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh']
    const [command = '', ...first] = [...limited, ...program]
    this.#child = spawn(command, [...first, ...commandLine(options, directory)], {
      cwd: directory === '' ? (options.cwd ?? root) : directory,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.exit = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#stderr += `${error.message}\n`
        resolve({ code: null, signal: null })
      })
      this.#child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    void this.exit.then(() => {
      this.#ended = true
    })
    this.ready = this.#readOutput()
    // Fails when the test has already failed at something else; nobody waits for it then.
    this.ready.catch(() => {})
    killAtExit(this.#child)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  stderr(): string {
    return this.#stderr
  }

  stdout(): string {
    return this.#stdout
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async stop(): Promise<PorticoExit> {
    if (!this.#ended) this.kill('SIGTERM')
    try {
      return await within(stopMs, this.exit, 'the end of portico')
    } catch {
      this.kill('SIGKILL')
      return this.exit
    }
  }

  /** Stops it and removes its files. */
  async end(): Promise<void> {
    await this.stop()
    if (this.directory !== '') rmSync(this.directory, { recursive: true, force: true })
  }

  #readOutput(): Promise<void> {
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    return new Promise((resolve, reject) => {
      this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        this.#stderr += text
        if (this.#findAddress()) resolve()
      })
      void this.exit.then(({ code, signal }) => reject(new Error(`portico ended early (${signal ?? code})`)))
    })
  }

  #findAddress(): boolean {
    if (this.port !== 0) return true
    const lines = this.#stderr.split('\n').slice(0, -1)
    const last = lines.findIndex((line) => /^ready\b|\bserver\.ready\b/.test(line))
    const port = addressPattern.exec(
      lines
        .slice(0, last + 1)
        .reverse()
        .join('\n'),
    )?.[1]
    if (port === undefined) return false
    this.port = Number(port)
    this.url = `http://127.0.0.1:${port}`
    return true
  }
}

const addressPattern = /http:\/\/127\.0\.0\.1:(\d+)/
const alive = new Set<ChildProcess>()

/** The last net: a test process that ends without its hooks takes its servers along. */
function killAtExit(child: ChildProcess): void {
  if (alive.size === 0) process.on('exit', killAll)
  alive.add(child)
  child.once('exit', () => {
    alive.delete(child)
    if (alive.size === 0) process.off('exit', killAll)
  })
}

function killAll(): void {
  for (const child of alive) child.kill('SIGKILL')
}

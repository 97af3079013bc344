// `portico fastcgi` and `portico scgi` as their users start them: in a process of their own, ended with the test.

import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { eventually } from '../../double/eventually.ts'
import { systemPython } from '../../double/project.ts'
import { publicProgram } from '../../double/public-copy.ts'
import type { PorticoExit } from '../../double/server.ts'
import { within } from '../../double/socket.ts'

export const fixtures = fileURLToPath(new URL('../../app/wsgi', import.meta.url))
const program = fileURLToPath(new URL('../../../bin/portico.js', import.meta.url))
const stopMs = 20_000

export interface ResponderStart {
  /** Working directory; that of the fixtures by default. */
  readonly directory?: string
  /** Runs a copy that every user of the machine may read. */
  readonly public?: boolean
  /** In front of the program, for what starts it. */
  readonly starter?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** The caller ends it. */
  readonly shared?: boolean
}

/** `portico WORDS`, once it says `ready`; with Debian's interpreter unless the words name one. */
export async function startResponder(
  words: readonly string[],
  start: ResponderStart = {},
): Promise<Responder> {
  const responder = new Responder(words, start)
  if (start.shared !== true) onTestFinished(async () => void (await responder.end()))
  await eventually('the line "ready" of portico', () => {
    if (responder.ended) throw new Error(`it ended: ${responder.stderr()}`)
    return /^ready\b/m.test(responder.stderr()) ? true : undefined
  }).catch(async (error: unknown) => {
    await responder.end()
    throw error
  })
  return responder
}

export class Responder {
  readonly exit: Promise<PorticoExit>
  ended = false
  readonly #child: ChildProcess
  #stderr = ''

  constructor(
    words: readonly string[],
    { directory = fixtures, public: copy, starter = [], environment }: ResponderStart,
  ) {
    const python = words.some((word) => word === '--python' || word === '--config')
      ? []
      : ['--python', systemPython]
    const whole = [
      ...starter,
      process.execPath,
      copy === true ? publicProgram() : program,
      ...words,
      ...python,
    ]
    const [command = '', ...args] = whole
    this.#child = spawn(command, args, {
      cwd: directory,
      env: {
        ...process.env,
        PYTHONDONTWRITEBYTECODE: '1',
        VIRTUAL_ENV: undefined,
        PYTHONPATH: undefined,
        ...environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.exit = new Promise((resolve) => {
      this.#child.once('error', () => resolve({ code: null, signal: null }))
      this.#child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    void this.exit.then(() => {
      this.ended = true
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Everything said so far. */
  stderr(): string {
    return this.#stderr
  }

  /** The address as bound, from the table: `unix:PATH` or `HOST:PORT`. */
  get address(): string {
    return /^listen +(\S+)/m.exec(this.#stderr)?.[1] ?? ''
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** SIGTERM, and SIGKILL when that does not help. */
  async end(): Promise<PorticoExit> {
    if (!this.ended) this.kill('SIGTERM')
    try {
      return await within(stopMs, this.exit, 'the end of portico')
    } catch {
      this.kill('SIGKILL')
      return this.exit
    }
  }

  /** Waits for a line of its log with all of these. */
  logged(...what: readonly (string | RegExp)[]): Promise<string> {
    const holds = (line: string): boolean =>
      what.every((one) => (typeof one === 'string' ? line.includes(one) : one.test(line)))
    return eventually(`${what.join(' ')} in the log`, () => this.#stderr.split('\n').find(holds))
  }

  /** Ids of the workers in the order in which they became ready. */
  workers(): number[] {
    return [...this.#stderr.matchAll(/worker\.ready .*?pid=([0-9]+)/g)].map((match) => Number(match[1]))
  }
}

/** A directory that every user may enter, with these files; removed with the test. */
export function openDirectory(files: Readonly<Record<string, string>> = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-responder-')))
  chmodSync(directory, 0o755)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return directory
}

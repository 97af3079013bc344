// Runs the command line to its end as a user does, in a directory of the test's own, and keeps what it said.
// A server that stays up is startPortico's (test/double/server.ts).

import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { publicProgram } from '../../double/public-copy.ts'
import { within } from '../../double/socket.ts'

const ownProgram = fileURLToPath(new URL('../../../bin/portico.js', import.meta.url))
const endMs = 20_000

export interface CommandOptions {
  /** Where it runs; the temporary directory of the machine by default. */
  readonly directory?: string
  /** Which portico; that of the checkout by default, and a copy every user may read for another `uid`. */
  readonly program?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Another user than the test's; needs root. */
  readonly uid?: number
}

export interface CommandResult {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** `portico ARGS`; fails when it has not ended after 20 s. */
export async function portico(
  args: readonly string[],
  { directory = tmpdir(), environment = {}, uid, program }: CommandOptions = {},
): Promise<CommandResult> {
  const path = program ?? (uid === undefined ? ownProgram : publicProgram())
  const child = spawn(process.execPath, [path, ...args], {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...said }))
  })
  try {
    return await within(endMs, ended, `the end of "portico ${args.join(' ')}"`)
  } catch (error) {
    child.kill('SIGKILL')
    throw new Error(`${String(error)}\n${said.stderr}${said.stdout}`, { cause: error })
  }
}

/** A directory that every user may read, with these files, removed after the test. A name that ends with a slash is a directory. */
export function scratch(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'portico-cli-')))
  chmodSync(directory, 0o755)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name)
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(path, content)
  }
  return directory
}

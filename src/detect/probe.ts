// Runs a probe (python/portico_probe) with the project's interpreter and reads its one JSON answer.
// Standard error is kept for messages; a probe that hangs is ended.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Identity } from '../process/identity/identity.ts'
import { startAs } from '../process/identity/start-as.ts'
import { questionEnvironment } from '../process/worker/worker-environment.ts'
import type { Environment } from './detection.ts'

export type ProbeAnswer =
  | { readonly kind: 'ok'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: 'failed'; readonly why: string; readonly errors: string }

/** How long a project's settings may take to import. */
const probeTimeoutMs = 20_000
const maxAnswerBytes = 16 * 1024 * 1024

/** Path of a file in python/portico_probe; the same from src and from dist. */
export function probePath(name: string): string {
  return fileURLToPath(new URL(`../../python/portico_probe/${name}`, import.meta.url))
}

export interface ProbeCall {
  readonly python: string
  /** File name in python/portico_probe. */
  readonly probe: string
  readonly arguments: readonly string[]
  readonly directory: string
  readonly environment: Environment
  /** Whom the interpreter is run as; null: who we are. */
  readonly identity: Identity | null
}

export function runProbe(call: ProbeCall, timeoutMs: number = probeTimeoutMs): Promise<ProbeAnswer> {
  const { python, identity } = call
  const asked = questionEnvironment(python, call.environment, identity)
  // No .pyc files in the user's project for having looked at it.
  const args = ['-B', probePath(call.probe), ...call.arguments]
  const start = startAs(identity, python, args, { ...asked, PYTHONIOENCODING: 'utf-8' })
  return new Promise((resolve) => {
    execFile(
      start.file,
      start.arguments,
      {
        ...start.options,
        cwd: call.directory,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: maxAnswerBytes,
        encoding: 'utf8',
      },
      (error, stdout, stderr) => {
        if (error?.killed === true) {
          resolve({ kind: 'failed', why: `no answer within ${timeoutMs / 1000} s`, errors: stderr })
          return
        }
        const value = parseAnswer(stdout)
        if (value) resolve({ kind: 'ok', value })
        else resolve({ kind: 'failed', why: error?.message.split('\n')[0] ?? 'no answer', errors: stderr })
      },
    ).stdin?.end()
  })
}

function parseAnswer(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

// Runs a probe (python/portico_probe) with the project's interpreter and reads its one JSON answer.
// Standard error is kept for messages; a probe that hangs is ended.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
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
}

export function runProbe(call: ProbeCall, timeoutMs: number = probeTimeoutMs): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    execFile(
      call.python,
      // No .pyc files in the user's project for having looked at it.
      ['-B', probePath(call.probe), ...call.arguments],
      {
        cwd: call.directory,
        env: { ...call.environment, PYTHONIOENCODING: 'utf-8' },
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

// What `portico serve WHAT` and `portico check WHAT` mean: a file, a directory, an application, or this directory.
// A portico.yaml always wins; without one the directory is looked at (detect/).

import type { Stats } from 'node:fs'
import { accessSync, constants, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ConfigurationInput } from '../config/load.ts'
import { detect } from '../detect/detect.ts'
import { isApplicationName, namedConfiguration } from '../detect/named.ts'
import { ownerOf } from '../detect/owner.ts'
import { workerFilesProblem } from '../server/own-files.ts'
import type { StartProblem } from '../server/start-problem.ts'
import type { ExitCode } from './exit-codes.ts'
import { exitCodes } from './exit-codes.ts'
import { adviseOn } from './verbs.ts'

/** Looked for in a directory, in this order. */
const fileNames = ['portico.yaml', 'portico.yml']

export type WhatResult =
  | {
      readonly kind: 'ok'
      /** For load(). */
      readonly input: ConfigurationInput
      /** What was decided and why, to be printed at start; empty for a file. */
      readonly steps: readonly string[]
    }
  | {
      readonly kind: 'bad'
      readonly message: string
      readonly hint: string
      readonly details: string
      readonly exit: ExitCode
    }

export interface WhatRequest {
  /** The argument of the verb. */
  readonly what?: string | undefined
  /** --config FILE. */
  readonly config?: string | undefined
  readonly cwd: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

export async function findConfiguration({
  what,
  config,
  cwd,
  environment,
}: WhatRequest): Promise<WhatResult> {
  if (config !== undefined) {
    if (what === undefined) return file(config)
    return bad(`"${what}" and --config "${config}" both name a configuration`, 'Give one of the two')
  }
  const path = resolve(cwd, what ?? '.')
  const found = look(path)
  if (found?.isDirectory()) return inDirectory(path, environment)
  if (what === undefined)
    return bad(`the directory "${path}" does not exist`, 'Go to a directory that exists')
  if (isApplicationName(what)) {
    const owner = ownerOf(cwd, what)
    const unreadable = workerFilesProblem(owner.identity)
    if (unreadable !== undefined) return refused(unreadable)
    const value = { ...owner.configuration, ...namedConfiguration(what) }
    const input = { kind: 'object', value, directory: cwd, label: 'command line' } as const
    return { kind: 'ok', input, steps: [`WSGI: ${what}, named on the command line`, ...owner.steps] }
  }
  if (found !== undefined || /\.(ya?ml|json)$/.test(what)) return file(what)
  const { message, hint } = adviseOn(what, cwd)
  return bad(message, hint)
}

async function inDirectory(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<WhatResult> {
  if (!mayRead(directory)) {
    const message = `the directory "${directory}" may not be read by this user`
    return refused({ message, hint: 'Change its permissions or its owner, or start as another user' })
  }
  const name = configurationIn(directory)
  if (name !== undefined) return file(join(directory, name))
  const owner = ownerOf(directory)
  const unreadable = workerFilesProblem(owner.identity)
  if (unreadable !== undefined) return refused(unreadable)
  const result = await detect(directory, environment, owner)
  switch (result.kind) {
    case 'found': {
      const { configuration, steps } = result.detection
      return {
        kind: 'ok',
        input: { kind: 'object', value: configuration, directory, label: 'detected' },
        steps,
      }
    }
    case 'nothing':
      return refused({ message: result.message, hint: '' })
    case 'failed':
      return { ...result, kind: 'bad', exit: exitCodes.failed }
  }
}

/** Name of the configuration file in a directory; undefined when there is none. */
export function configurationIn(directory: string): string | undefined {
  return fileNames.find((one) => look(join(directory, one)) !== undefined)
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function mayRead(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

function file(path: string): WhatResult {
  return { kind: 'ok', input: { kind: 'file', path }, steps: [] }
}

function refused({ message, hint }: StartProblem): WhatResult {
  return { kind: 'bad', message, hint, details: '', exit: exitCodes.failed }
}

function bad(message: string, hint: string): WhatResult {
  return { kind: 'bad', message, hint, details: '', exit: exitCodes.usage }
}

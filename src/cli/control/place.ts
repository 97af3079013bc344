// Which running server is meant: the one of a configuration, of what is found in this directory, or of a runtime
// directory. Its configuration is not checked for that: it may have become bad since, and there must be a way to stop it.

import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { defaultRuntime, writtenRuntime } from '../../config/runtime.ts'
import type { Surroundings } from '../../config/surroundings.ts'
import { configurationIn } from '../what.ts'

export interface PlaceOptions {
  /** --config FILE; a directory is taken for what is in it. */
  readonly config?: string | undefined
  /** --runtime DIR. */
  readonly runtime?: string | undefined
}

export type Place =
  | {
      readonly kind: 'ok'
      /** Configuration file, directory that is detected, or runtime directory. */
      readonly name: string
      readonly runtime: string
      /** How a server is started for it; '' when that is not known. */
      readonly start: string
    }
  | { readonly kind: 'bad'; readonly message: string; readonly hint: string }

export function findPlace({ config, runtime }: PlaceOptions, surroundings: Surroundings): Place {
  const { cwd } = surroundings
  if (runtime !== undefined) {
    if (config === undefined)
      return { kind: 'ok', name: resolve(cwd, runtime), runtime: resolve(cwd, runtime), start: '' }
    return {
      kind: 'bad',
      message: '--config and --runtime both say which server is meant',
      hint: 'Give one of the two',
    }
  }
  const path = resolve(cwd, config ?? '.')
  const found = statSync(path, { throwIfNoEntry: false })
  if (config !== undefined && found === undefined)
    return {
      kind: 'bad',
      message: `"${config}" does not exist`,
      hint: 'Name the configuration that the server was started with',
    }
  const file = found?.isDirectory() === true ? configurationIn(path) : path
  const start = config === undefined ? 'portico serve' : `portico serve ${config}`
  if (file === undefined)
    return { kind: 'ok', name: path, runtime: defaultRuntime(path, surroundings), start }
  const name = found?.isDirectory() === true ? join(path, file) : path
  return { kind: 'ok', name, runtime: writtenRuntime(name, surroundings), start }
}

// The version of an interpreter as its file is named: python3 is a link to python3.11, and asking it would take a process.

import { realpathSync } from 'node:fs'
import { basename } from 'node:path'
import { isTooOld } from './interpreter-fault.ts'

/** It is surely older than what our programs in Python need; false where its name does not say. */
export function isNamedTooOld(python: string): boolean {
  const named = /^(?:platform-)?python(\d+)\.(\d+)$/.exec(fileName(python))
  return named !== null && isTooOld(Number(named[1]), Number(named[2]))
}

function fileName(path: string): string {
  try {
    return basename(realpathSync(path))
  } catch {
    return ''
  }
}

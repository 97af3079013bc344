// The interpreter that the first line of a script names: the system says of one that is not there that the script is not.

import { closeSync, openSync, readSync } from 'node:fs'

/** As long as Linux reads a first line. */
const lineBytes = 256

/** Undefined for a program of another kind, and for what may not be read. */
export function interpreterOf(program: string): string | undefined {
  return /^#![ \t]*([^ \t\r\n]+)/.exec(startOf(program))?.[1]
}

function startOf(program: string): string {
  try {
    const descriptor = openSync(program, 'r')
    const start = Buffer.alloc(lineBytes)
    const bytes = readSync(descriptor, start)
    closeSync(descriptor)
    return start.toString('latin1', 0, bytes)
  } catch {
    return ''
  }
}

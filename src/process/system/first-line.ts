// The "#!" line of a script, as the kernel reads it: it says of an interpreter that is not there that the script is not.

import { closeSync, openSync, readSync } from 'node:fs'

/** What the kernel looks at (BINPRM_BUF_SIZE). */
const maxLineBytes = 256

/** The first octets of a file, each as a letter, at most so many; undefined when it cannot be read. */
export function startOf(path: string | Buffer, maxBytes: number): string | undefined {
  try {
    const descriptor = openSync(path, 'r')
    try {
      const start = Buffer.allocUnsafe(maxBytes)
      return start.toString('latin1', 0, readSync(descriptor, start, 0, maxBytes, 0))
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined
  }
}

/** As much of the first line as the kernel reads, without its line feed; '' when it cannot be read. */
export function firstLine(path: string | Buffer): string {
  return startOf(path, maxLineBytes)?.split('\n', 1)[0] ?? ''
}

/** The program that a first line names, to the kernel's understanding; undefined when it names none. */
export function interpreterOf(line: string): string | undefined {
  return /^#![ \t]*([^ \t\0]+)/.exec(line)?.[1]
}

export function hasCarriageReturn(line: string): boolean {
  return line.endsWith('\r')
}

/** A clause. @param shown the path of the script */
export function carriageReturn(shown: string): string {
  return `its first line ends with a carriage return (\\r), as on Windows, which is looked for as part of the name of the interpreter; convert it with sed -i 's/\\r$//' "${shown}"`
}

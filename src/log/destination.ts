// Where log lines go, as a descriptor: '-' (a standard descriptor) or a path, always opened to append.
// A pipe or a terminal is opened a second time, non-blocking, so that a stopped reader holds up neither the thread
// pool nor the exit. A socket cannot be opened again; it is written as it is.

import { constants, fstatSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'
import { openGuarded } from './guarded-open.ts'

/** What a kernel writes to a pipe in one piece (PIPE_BUF); lines of two processes never mix below it. */
const pipeWriteBytes = 4096
const fileWriteBytes = 65_536
const appendFlags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK

/** An open place for log lines. */
export interface Destination {
  readonly descriptor: number
  /** True when a person is watching; decides about colour. */
  readonly terminal: boolean
  /** The most to write at once, in octets. */
  readonly writeBytes: number
}

/**
 * Opens `-` as the given descriptor, anything else as a path that is created with mode 0640. Throws the system's error when
 * that does not work, or one that says why root does not write there.
 * @param owners ids of users but root whose files root may write to
 */
export function openDestination(
  place: string,
  standard: number,
  owners: readonly number[] = [],
): Destination {
  const given = place === '-' ? standard : openFile(place, owners)
  const kind = fstatSync(given)
  const writeBytes = kind.isFile() ? fileWriteBytes : pipeWriteBytes
  const again = place === '-' && (kind.isFIFO() || kind.isCharacterDevice())
  return { descriptor: again ? reopened(given) : given, terminal: isatty(given), writeBytes }
}

function openFile(path: string, owners: readonly number[]): number {
  const flags = appendFlags | constants.O_CREAT
  return process.geteuid?.() === 0 ? openGuarded(path, flags, 0o640, owners) : openSync(path, flags, 0o640)
}

/** The same pipe or terminal through a description of our own: O_NONBLOCK on the given one would change it for everyone. */
function reopened(descriptor: number): number {
  try {
    return openSync(`/proc/self/fd/${descriptor}`, appendFlags | constants.O_NOCTTY)
  } catch {
    return descriptor
  }
}

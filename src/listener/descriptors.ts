// Descriptors of this process: how many connections they are enough for, and whether there are any left. Node closes
// connections that it has no descriptor for without a word, so we must not come to that, and say so if we do.

import { closeSync, openSync, readFileSync } from 'node:fs'

/** For the program itself: libraries, event queues, logs, the channel, what an interpreter opens. */
const ownDescriptors = 96

/** The soft limit (RLIMIT_NOFILE, proc(5)); undefined where it is not known. */
export function descriptorLimit(): number | undefined {
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))
    return line === null ? undefined : Number(line[1])
  } catch {
    return undefined
  }
}

/**
 * How many connections may be open at once: as many as wanted (0: any number), but no more than there are descriptors
 * for. Each connection may need a second one, for a file or for what waits on the disk.
 * @param others descriptors that are needed whoever connects: listeners, slots
 */
export function connectionsFor(wanted: number, limit: number | undefined, others: number): number {
  if (limit === undefined) return wanted
  const possible = Math.max(1, Math.floor((limit - ownDescriptors - others) / 2))
  return wanted === 0 ? possible : Math.min(wanted, possible)
}

/** False when the process, or the system, has no descriptor left. */
export function descriptorsLeft(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'))
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code !== 'EMFILE' && code !== 'ENFILE'
  }
}

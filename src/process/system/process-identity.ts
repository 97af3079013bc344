// Which process a number means at this moment. A number that somebody else has told may be given to another process by the
// time it is used; parent and start time (proc(5), stat) tell the two apart. Linux; elsewhere nothing is known.

import { readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly parent: number
  /** Clock ticks from the start of the system to that of the process. */
  readonly startTicks: string
}

/** Undefined when there is no such process, or the system does not tell. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may hold anything, parentheses included.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const startTicks = fields[19]
    return startTicks === undefined ? undefined : { parent: Number(fields[1]), startTicks }
  } catch {
    return undefined
  }
}

// Which process a number means at this moment. A number that somebody else has told may be given to another process by the
// time it is used; parent and start time (proc(5), stat) tell the two apart. Linux; elsewhere nothing is known.

import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessIdentity {
  readonly parent: number
  /** Its parent has not asked yet how it ended. */
  readonly hasEnded: boolean
  /** Clock ticks from the start of the system to that of the process. */
  readonly startTicks: string
}

/** Undefined when there is no such process, or the system does not tell. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined
  try {
    const fields = statOf(pid)
    const startTicks = fields[19]
    return startTicks === undefined
      ? undefined
      : { parent: Number(fields[1]), hasEnded: fields[0] === 'Z' || fields[0] === 'X', startTicks }
  } catch {
    return undefined
  }
}

/**
 * Somebody is in this process group, and it is one of this session. The leader may have ended: as long as a session or a
 * group has a process, the system gives its number to no other.
 */
export function hasGroup(session: number, group: number): boolean {
  try {
    return readdirSync('/proc').some((name) => /^\d+$/.test(name) && isIn(name, session, group))
  } catch {
    return false
  }
}

function isIn(pid: string, session: number, group: number): boolean {
  try {
    const fields = statOf(pid)
    return Number(fields[2]) === group && Number(fields[3]) === session
  } catch {
    return false // it has ended
  }
}

/** From the third field on: state, parent, group, session ... */
function statOf(pid: number | string): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name in parentheses may hold anything, parentheses included.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

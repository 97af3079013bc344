// Ending processes that this process started: by id, alone or with their process group. Never by name.

/** Sends a signal to one process; false when it has gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals | number): boolean {
  return send(pid, signal)
}

/**
 * Kills what is left of the process group that `pid` leads; false when nothing is left.
 * Safe right after the leader was reaped: the kernel does not give a number away while a group bears it.
 */
export function killGroup(pid: number): boolean {
  return send(-pid, 'SIGKILL')
}

/** To every process of the group that `pid` leads, while that has not been reaped; false when there is none. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  return send(-pid, signal)
}

/**
 * To those of the group that are left after its leader was reaped, at any time: when a process has the number now, the group is
 * gone and the number is somebody else's; when none has it, a group of this number can only be the old one.
 */
export function signalRest(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    const isFree = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    return isFree && send(-pid, signal)
  }
}

function send(target: number, signal: NodeJS.Signals | number): boolean {
  // 0, 1 and -1 would reach our own group, init or everybody.
  if (!Number.isSafeInteger(target) || Math.abs(target) <= 1) return false
  try {
    process.kill(target, signal)
    return true
  } catch {
    return false
  }
}

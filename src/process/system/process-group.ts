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

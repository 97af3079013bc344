// Calls of the C library that a supervisor needs and Node does not offer, through koffi, an optional dependency.

import { createRequire } from 'node:module'

interface SystemCalls {
  /** waitpid(2) with WNOHANG: takes away what is left of a child that has ended; 0 or less when there is nothing. */
  readonly takeAway: (pid: number) => number
  /** close_range(2). */
  readonly closeRange: ((first: number, last: number, flags: number) => number) | undefined
}

/** WNOHANG of waitpid(2). */
const withoutWaiting = 1

let calls: SystemCalls | undefined | 'unknown' = 'unknown'

/** Undefined where there is no koffi. */
export function systemCalls(): SystemCalls | undefined {
  if (calls === 'unknown') calls = loadCalls()
  return calls
}

function loadCalls(): SystemCalls | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi')
    // The C library that Node itself uses, whatever its name is here.
    const libc = koffi.load(null)
    const waitpid = libc.func('waitpid', 'int', ['int', 'void *', 'int'])
    return {
      takeAway: (pid) => waitpid(pid, null, withoutWaiting),
      closeRange: optional(() => libc.func('close_range', 'int', ['uint', 'uint', 'int'])),
    }
  } catch {
    return undefined
  }
}

/** Older libraries lack some calls. */
function optional<T>(load: () => T): T | undefined {
  try {
    return load()
  } catch {
    return undefined
  }
}

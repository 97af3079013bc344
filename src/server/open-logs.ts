// Opens the logs that the configuration names; a log that cannot be opened is an Error whose message says which and why.
// The supervisor and each HTTP process open them for themselves, as the users they are.

import type { Effective } from '../config/effective.ts'
import { type AccessLog, openAccessLog } from '../log/access-log.ts'
import { createLog, type ErrorLog } from '../log/error-log.ts'

/** What to do about a log that cannot be opened. */
export const logHint = 'Let the users that the server runs as write there, or choose another path with log:'

/** Descriptors of standard output and error, which an HTTP process with an interpreter has elsewhere. */
export interface Standard {
  readonly output: number
  readonly error: number
}

/** Where they are in every other process. */
export const usualStandard: Standard = { output: 1, error: 2 }

export function openErrorLog({ log }: Effective, { error } = usualStandard): ErrorLog {
  return opened('error', log.error, () =>
    createLog({ destination: log.error, standard: error, level: log.level }),
  )
}

export function openAccess({ log }: Effective, errorLog: ErrorLog, { output } = usualStandard): AccessLog {
  const { access, format, exclude } = log
  return opened('access', access, () =>
    openAccessLog({ destination: access, standard: output, format, exclude, log: errorLog }),
  )
}

function opened<T>(name: 'error' | 'access', path: string, open: () => T): T {
  try {
    return open()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`Cannot open the ${name} log "${path}": ${why}`, { cause })
  }
}

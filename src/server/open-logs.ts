// Opens the logs that the configuration names; a log that cannot be opened is an Error whose message says which and why.
// The supervisor and each HTTP process open them for themselves, as the users they are.

import type { Effective } from '../config/effective.ts'
import { createLog, type ErrorLog } from '../log/error-log.ts'
import type { RecentLines } from '../log/recent-lines.ts'
import { AccessLogs } from './access-logs.ts'
import { httpAccount } from './accounts.ts'

/** What to do about a log that cannot be opened. */
export const logHint = 'Let the users that the server runs as write there, or choose another path with log:'

/** Descriptors of standard output and error, which an HTTP process with an interpreter has elsewhere. */
export interface Standard {
  readonly output: number
  readonly error: number
}

/** Where they are in every other process. */
export const usualStandard: Standard = { output: 1, error: 2 }

/** `recent` also keeps what is written. */
export function openErrorLog(
  effective: Effective,
  { error } = usualStandard,
  recent?: RecentLines,
): ErrorLog {
  const { log } = effective
  const account = httpAccount(effective)
  // The HTTP process writes to the same file, and it may be that user's.
  const owners = account.kind === 'ok' ? [account.uid] : []
  try {
    return createLog({ destination: log.error, standard: error, owners, level: log.level, recent })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`Cannot open the error log "${log.error}": ${why}`, { cause })
  }
}

export function openAccess(
  effective: Effective,
  errorLog: ErrorLog,
  { output } = usualStandard,
  recent?: RecentLines,
): AccessLogs {
  return new AccessLogs(effective, output, errorLog, recent)
}

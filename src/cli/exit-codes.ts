// The exit codes of the command line (DESIGN section 5).

export const exitCodes = {
  /** Done. */
  done: 0,
  /** Failed: what was asked for could not be done. */
  failed: 1,
  /** Usage: an unknown verb or flag, or an argument that is none. */
  usage: 2,
  /** Bad configuration (EX_CONFIG of sysexits). */
  configuration: 78,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

// What the bodies and outputs that wait in one HTTP process share: a budget, and names for their files.

import { PorticoError } from '../failure.ts'

export interface SpoolSettings {
  /** Where the files stand for the moment between creation and unlink. */
  readonly directory: string
  /** Octets of one body, or of one output, that stay in memory. */
  readonly memoryBytes: number
  /** Octets of everything that waits, 0 = off. Over it bodies are refused with 503 and applications wait. */
  readonly totalBytes: number
}

export interface SpoolRoom {
  readonly settings: SpoolSettings
  /** Takes room for that many octets of a body; false when there is none. */
  reserve(bytes: number): boolean
  /** Outputs fill their share, and no more of them should come. */
  readonly crowded: boolean
  /** Counts octets of an output, which are here and cannot be refused. */
  keep(bytes: number): void
  free(bytes: number): void
  /** A file name that no other process and no earlier file used. */
  nextPath(): string
  /** An output could not be written to its file; it waits in memory, and its application waits, too. */
  troubled(failure: PorticoError): void
}

/** A file of the spool could not be made, written or read. */
export function spoolFailure(settings: SpoolSettings, error: NodeJS.ErrnoException): PorticoError {
  const facts = { directory: settings.directory, errno: error.code }
  switch (error.code) {
    case 'EMFILE':
    case 'ENFILE':
      return new PorticoError('E_DESCRIPTORS', undefined, facts, error)
    // It passes, as when the spool has used up its total: a client may try again.
    case 'ENOSPC':
    case 'EDQUOT':
      return new PorticoError('E_SPOOL_FULL', 'the disk of the spool directory is full', facts, error)
    default:
      return new PorticoError('E_SPOOL_FAILED', undefined, facts, error)
  }
}

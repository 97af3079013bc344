// How programs of somebody else behave on their connections, by wire.

import type { ProgramManners } from './slot.ts'

/** An END_REQUEST ends an answer (FastCGI 1.0 section 5.5); whether the connection stays is up to the program. */
export const fastcgiProgram: ProgramManners = { answersEndByClosing: false }

/** The answer lasts until its connection is closed. */
export const scgiProgram: ProgramManners = { answersEndByClosing: true }

// What the launcher writes of a request, as records (FastCGI 1.0 sections 5.5 and 6.1). Pure.

import { encodeEnd, encodeStream, encodeStreamEnd, protocolStatus, recordType } from '../wire/fastcgi.ts'
import { NoRoom, type Unrunnable } from './unrunnable.ts'

/** What ends an answer: empty STDOUT, empty STDERR if that stream was used, END_REQUEST. */
export function endOfRequest(id: number, status: number, errorsUsed: boolean): readonly Buffer[] {
  return [
    encodeStreamEnd(recordType.stdout, id),
    ...(errorsUsed ? [encodeStreamEnd(recordType.stderr, id)] : []),
    encodeEnd(id, status, protocolStatus.complete),
  ]
}

/** The answer to a request without a script. */
export function refusalRecords(id: number, trouble: Unrunnable | NoRoom): readonly Buffer[] {
  const errors = encodeStream(recordType.stderr, id, Buffer.from(`portico: ${trouble.message}\n`))
  if (trouble instanceof NoRoom) return [...errors, encodeEnd(id, 0, protocolStatus.overloaded)]
  return [...errors, ...endOfRequest(id, trouble.status, true)]
}

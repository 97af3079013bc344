// From an application's head to the fields of an HTTP answer: framing and connection fields are the server's own.
// Pure. What an application says about its length is kept apart, checked by whoever writes the octets.

import { PorticoError } from '../failure.ts'
import type { ResponseHead } from '../gateway/gateway.ts'
import { connectionFields, type FieldList, firstField } from '../http/fields.ts'
import { endsWithHead } from '../http/status.ts'
import { RevealedFailure } from './revealed.ts'
import type { NamedFile } from './sendfile/named-file.ts'

export interface AnswerHead {
  readonly fields: FieldList
  /** Content-Length as the application gave it. */
  readonly length: number | undefined
  /** The status allows no body at all. */
  readonly bodiless: boolean
  /** To be sent in place of the output. */
  readonly file: NamedFile | undefined
}

/**
 * Set by our worker on the answer it makes itself when the application raised: `application`, and with --reload the
 * traceback as a JSON string behind it.
 */
const failureField = 'x-portico-failure'
/** Lengths of the names that are looked at, so that no other is made lower case and looked up. */
const isSpecialLength: boolean[] = []
for (const name of ['content-length', failureField, 'x-sendfile', 'x-accel-redirect', ...connectionFields])
  isSpecialLength[name.length] = true
const digits = /^[0-9]{1,15}$/

/** As toLowerCase(), which takes longer than looking at how nearly everybody writes it. */
function lowerCase(name: string): string {
  return name === 'Content-Length' ? 'content-length' : name.toLowerCase()
}

/**
 * Sorts the fields of an application's head, or says why it cannot be an answer.
 * @param takesFiles the application may name a file; otherwise such a field is for whoever stands in front
 */
export function answerHead(head: ResponseHead, takesFiles: boolean): AnswerHead | PorticoError {
  if (head.status < 200) {
    return new PorticoError(
      'E_HEAD_MALFORMED',
      `The application answered with status ${head.status}, which is no final one`,
    )
  }
  const fields: string[] = []
  let length: number | undefined
  let file: NamedFile | undefined
  for (let i = 0; i < head.fields.length; i += 2) {
    const name = head.fields[i] as string
    const value = head.fields[i + 1] as string
    const lower = isSpecialLength[name.length] === true ? lowerCase(name) : ''
    if (lower === '') fields.push(name, value)
    else if (lower === 'content-length') {
      if (!digits.test(value) || (length !== undefined && length !== Number(value))) {
        return new PorticoError(
          'E_HEAD_MALFORMED',
          'The application sent a Content-Length that is not valid',
          { value },
        )
      }
      length = Number(value)
    } else if (lower === failureField) return applicationRaised(value)
    else if (takesFiles && (lower === 'x-sendfile' || lower === 'x-accel-redirect'))
      file ??= { field: lower, value }
    else if (!connectionFields.has(lower)) fields.push(name, value)
  }
  return { fields, length, bodiless: endsWithHead(head.status), file }
}

/** Content-Length of an application's head; undefined when it has none. Whether it is valid is checked with the head. */
export function announcedLength(head: ResponseHead): number | undefined {
  const value = firstField(head.fields, 'content-length')
  return value === undefined ? undefined : Number(value)
}

function applicationRaised(value: string): PorticoError {
  const told = /^application (".*")$/.exec(value)?.[1]
  if (told === undefined) return new PorticoError('E_APPLICATION_RAISED')
  try {
    const traceback: unknown = JSON.parse(told)
    if (typeof traceback === 'string')
      return new RevealedFailure('E_APPLICATION_RAISED', {
        headline: 'The application raised an exception',
        message: traceback.trimEnd().split('\n').at(-1) ?? '',
        hint: '',
        traceback,
      })
  } catch {
    // Not from our worker.
  }
  return new PorticoError('E_APPLICATION_RAISED')
}

// Octets that are no request: what is answered to them, and what the access log hears.

import { wallClockMs } from '../clock.ts'
import { errorAnswer, sentence } from '../handler/failure.ts'
import type { Peer } from '../http/exchange.ts'
import { reasonPhrase } from '../http/status.ts'
import type { Refusal } from '../http1/refusal.ts'
import { fieldLines, statusLine } from '../http1/serializer.ts'
import type { AccessEntry } from '../log/access-line.ts'
import type { StandardFields } from './respond.ts'

/** The whole answer, after which the connection closes. */
export function malformedAnswer(
  { status, why }: Refusal,
  id: string,
  standard: StandardFields,
): { readonly octets: string; readonly bodyBytes: number } {
  const answer = errorAnswer(status, id, sentence(why))
  const body = answer.body as Buffer // of every page of errors
  const head =
    statusLine(status, reasonPhrase(status)) +
    fieldLines([...answer.fields, 'Date', standard.date(), 'Server', standard.server]) +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`
  return { octets: head + body.toString('latin1'), bodyBytes: body.length }
}

/** Nobody knows what was asked for. */
export function malformedEntry(
  { remoteAddress }: Peer,
  requestId: string,
  status: number,
  sentBytes: number,
): AccessEntry {
  const unknown = { method: '', target: '', path: '', version: '', host: '', mount: '', worker: '', user: '' }
  const unsaid = { referer: '', userAgent: '' }
  return {
    ...unknown,
    ...unsaid,
    remoteAddress,
    wallMs: wallClockMs(),
    status,
    sentBytes,
    requestId,
    tookMs: 0,
  }
}

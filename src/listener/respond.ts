// The only writer of answers: framing (RFC 9112 section 6), Date, Server and Connection, then to the connection.
// Whether a body may follow is decided here and nowhere else.

import { type Answer, type KeptOctets, maxJoinedBytes, type StreamBody } from '../http/exchange.ts'
import type { Fields } from '../http/fields.ts'
import type { RequestHead } from '../http/head.ts'
import { endsWithHead, reasonPhrase } from '../http/status.ts'
import type { HostedConnection } from '../http1/host.ts'
import { assertFieldSafe, fieldLines, statusLine } from '../http1/serializer.ts'
import { joined } from '../http1/whole-answer.ts'

/** What every answer of this server carries unless the application sent its own. */
export interface StandardFields {
  /** Value of Server; '' for no such field. */
  readonly server: string
  /** The Date value for now (RFC 9110 section 6.6.1). */
  date(): string
}

/** Writes the answer. Throws a RangeError, having written nothing, when a field could split the answer. */
export function respond(
  connection: HostedConnection,
  head: RequestHead,
  answer: Answer,
  standard: StandardFields,
): void {
  const { status, body, kept } = answer
  if (answer.verbatim === true && body !== undefined && !Buffer.isBuffer(body)) {
    connection.sendStream('', body.source, 'close', true)
    return
  }
  if (kept !== undefined && head.method === 'GET' && head.version === 11 && Buffer.isBuffer(body)) {
    if (kept.isRepeated && connection.staysOpen()) {
      respondKept(connection, answer, body, kept, standard)
      return
    }
    kept.isRepeated = true
  }
  assertFieldSafe(answer.fields)
  const text = statusLine(status, answer.reason ?? reasonPhrase(status)) + fieldLines(answer.fields)
  const withDate = text + missingFields(answer.fields, standard)
  if (head.method === 'HEAD' || endsWithHead(status)) {
    respondBodiless(connection, head, answer, withDate)
    return
  }
  if (body !== undefined && !Buffer.isBuffer(body)) {
    respondStream(connection, head, body, withDate)
    return
  }
  const close = !connection.staysOpen()
  const whole = `${withDate}Content-Length: ${body === undefined ? 0 : body.length}\r\n${connectionField(head, close)}\r\n`
  connection.sendWhole(whole, body, close)
}

/** The usual answer of a file in memory: what was made for an earlier request of the same second. */
function respondKept(
  connection: HostedConnection,
  { status, reason, fields }: Answer,
  body: Buffer,
  kept: KeptOctets,
  standard: StandardFields,
): void {
  const date = standard.date()
  if (kept.date !== date) {
    assertFieldSafe(fields)
    const line = statusLine(status, reason ?? reasonPhrase(status))
    const text = line + fieldLines(fields) + missingFields(fields, standard)
    kept.head = `${text}Content-Length: ${body.length}\r\n\r\n`
    kept.octets = body.length <= maxJoinedBytes ? joined(kept.head, body, true) : undefined
    kept.date = date
  }
  if (kept.octets === undefined) connection.sendWhole(kept.head, body, false)
  else connection.sendOctets(kept.octets, body.length)
}

function respondBodiless(
  connection: HostedConnection,
  head: RequestHead,
  answer: Answer,
  text: string,
): void {
  const { body, status } = answer
  const close = !connection.staysOpen()
  let length = answer.length
  if (length === undefined && body !== undefined) length = body.length
  // Nothing is said where nothing is known: GET may well have a body (RFC 9110 section 8.6).
  const counted =
    length === undefined || status === 204 || status < 200 ? '' : `Content-Length: ${length}\r\n`
  const whole = `${text}${counted}${connectionField(head, close)}\r\n`
  if (body !== undefined && !Buffer.isBuffer(body)) body.source.cancel()
  connection.sendWhole(whole, undefined, close)
}

function respondStream(
  connection: HostedConnection,
  head: RequestHead,
  body: StreamBody,
  text: string,
): void {
  const framing = body.length ?? (head.version === 11 ? 'chunked' : 'close')
  const close = framing === 'close' || !connection.staysOpen()
  const framed =
    framing === 'chunked'
      ? 'Transfer-Encoding: chunked\r\n'
      : framing === 'close'
        ? ''
        : `Content-Length: ${framing}\r\n`
  const whole = `${text}${framed}${connectionField(head, close)}\r\n`
  connection.sendStream(whole, body.source, framing, close)
}

// A 1.1 client takes silence as "stays open", a 1.0 client as "closes" (RFC 9112 section 9.3).
function connectionField(head: RequestHead, close: boolean): string {
  if (close) return 'Connection: close\r\n'
  return head.version === 10 ? 'Connection: keep-alive\r\n' : ''
}

function missingFields(fields: Fields, standard: StandardFields): string {
  let hasDate = false
  let hasServer = false
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === 4) hasDate ||= name.toLowerCase() === 'date'
    else if (name.length === 6) hasServer ||= name.toLowerCase() === 'server'
  }
  const date = hasDate ? '' : `Date: ${standard.date()}\r\n`
  return hasServer || standard.server === '' ? date : `${date}Server: ${standard.server}\r\n`
}

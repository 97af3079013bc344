// The head of a CGI answer (RFC 3875 section 6): lines end in LF or CRLF, fields, Status, then an empty line.
// Pure: finds the head in bytes and parses its text. What a Location means for a CGI script is the gateway's affair.

import { type FieldList, trimmedValue } from '../http/fields.ts'

export interface CgiHead {
  readonly kind: 'ok'
  readonly status: number
  /** It has a Status; otherwise 200 is assumed. */
  readonly hasStatus: boolean
  /** Reason phrase as given; undefined when the Status line has none or there is no Status. */
  readonly reason: string | undefined
  /** Every field apart from Status, as the application wrote it. */
  readonly fields: FieldList
}

export interface CgiHeadFault {
  readonly kind: 'bad'
  readonly why: string
}

const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const forbiddenOctet = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/
const statusValue = /^([1-5][0-9][0-9])(?:[ \t]+([\t\x20-\x7e\x80-\xff]*))?$/
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Index of the first octet behind the empty line that ends the head, or -1; the search starts at `from`. */
export function findHeadEnd(bytes: Buffer, from = 0): number {
  let at = from
  for (;;) {
    const feed = bytes.indexOf(lineFeed, at)
    if (feed < 0) return -1
    // An answer may start with its empty line: a head without any field, whatever comes behind it.
    if (feed === 0 || (feed === 1 && bytes[0] === carriageReturn)) return feed + 1
    const next = bytes[feed + 1]
    if (next === lineFeed) return feed + 2
    if (next === carriageReturn && bytes[feed + 2] === lineFeed) return feed + 3
    at = feed + 1
  }
}

/** Parses the text of a head, with or without its empty line. */
export function parseCgiHead(text: string): CgiHead | CgiHeadFault {
  if (forbiddenOctet.test(text)) return bad('a control character in the head')
  const fields: string[] = []
  let status = 0
  let reason: string | undefined
  let at = 0
  while (at < text.length) {
    const feed = text.indexOf('\n', at)
    const next = feed < 0 ? text.length : feed + 1
    let end = feed < 0 ? text.length : feed
    if (end > at && text.charCodeAt(end - 1) === carriageReturn) end--
    if (end === at) break
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon >= end)
      return bad(`a line without a colon: ${JSON.stringify(text.slice(at, Math.min(end, at + 80)))}`)
    const name = text.slice(at, colon)
    if (!fieldName.test(name))
      return bad(`a field name that is not valid: ${JSON.stringify(name.slice(0, 80))}`)
    const value = trimmedValue(text, colon + 1, end)
    if (value.includes('\r')) return bad(`a bare CR in the field ${name}`)
    at = next
    if (name.length === 6 && name.toLowerCase() === 'status') {
      const parts = statusValue.exec(value)
      if (parts === null) return bad(`a Status that is not valid: ${JSON.stringify(value.slice(0, 80))}`)
      if (status !== 0) return bad('more than one Status')
      status = Number(parts[1])
      reason = parts[2]
    } else fields.push(name, value)
  }
  if (status === 0 && fields.length === 0) return bad('a head without any field')
  return {
    kind: 'ok',
    status: status === 0 ? 200 : status,
    hasStatus: status !== 0,
    reason: reason === '' ? undefined : reason,
    fields,
  }
}

const statusLine = /^HTTP\/[0-9]\.[0-9] ([1-5][0-9][0-9])(?: |$)/

/** The status of an answer that begins with a status line of HTTP (RFC 3875 section 5, NPH); undefined when it does not. */
export function statusOfLine(line: string): number | undefined {
  const status = statusLine.exec(line)?.[1]
  return status === undefined ? undefined : Number(status)
}

function bad(why: string): CgiHeadFault {
  return { kind: 'bad', why }
}

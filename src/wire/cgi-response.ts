// The head of a CGI answer (RFC 3875 section 6): lines end in LF or CRLF, fields, Status, then an empty line. Some who
// answer over SCGI, and those over uwsgi, begin with a status line of HTTP instead (RFC 9112 section 4).
// Pure: finds the head in bytes and parses its text. What a Location means for a CGI script is the gateway's affair.

import { usualName } from '../http/field-names.ts'
import { type Fields, trimmedValue } from '../http/fields.ts'
import { RecentTexts } from '../recent-texts.ts'

/** Shared by answers that have the same: never changed. */
export interface CgiHead {
  readonly kind: 'ok'
  readonly status: number
  /** It has a Status or a status line; otherwise 200 is assumed. */
  readonly hasStatus: boolean
  /** Reason phrase as given; undefined when the Status line has none or there is no Status. */
  readonly reason: string | undefined
  /** Every field apart from Status, as the application wrote it. */
  readonly fields: Fields
}

/** A head in the form of HTTP. Its status line counts; a field named Status is one like any other. */
export interface HttpHead extends CgiHead {
  readonly isHttp: true
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

const recent = new RecentTexts<CgiHead>()

/** Parses the text of a head, with or without its empty line. */
export function parseCgiHead(text: string): CgiHead | CgiHeadFault {
  const known = recent.get(text)
  if (known !== undefined) return known
  const head = parseFields(text, 0, undefined)
  if (head.kind === 'ok') recent.set(text, head)
  return head
}

const statusLine = /^HTTP\/[0-9]\.[0-9] ([1-5][0-9][0-9])(?: (.*))?$/

/** Parses a head that may have either form; one that begins with `HTTP/` has that of HTTP. */
export function parseEitherHead(text: string): CgiHead | HttpHead | CgiHeadFault {
  if (!text.startsWith('HTTP/')) return parseCgiHead(text)
  const feed = text.indexOf('\n')
  const next = feed < 0 ? text.length : feed + 1
  const line = text.slice(0, next).trimEnd()
  const parts = statusLine.exec(line)
  if (parts === null) return bad(`a status line that is not valid: ${JSON.stringify(line.slice(0, 80))}`)
  const head = parseFields(text, next, { status: Number(parts[1]), reason: parts[2] })
  return head.kind === 'bad' ? head : { ...head, isHttp: true }
}

interface StatusLine {
  readonly status: number
  readonly reason: string | undefined
}

/** @param given what a status line said; undefined: a field may say it */
function parseFields(text: string, from: number, given: StatusLine | undefined): CgiHead | CgiHeadFault {
  if (forbiddenOctet.test(text)) return bad('a control character in the head')
  const fields: string[] = []
  let status = given === undefined ? 0 : given.status
  let reason = given?.reason
  let at = from
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
    if (given === undefined && name.length === 6 && name.toLowerCase() === 'status') {
      const parts = statusValue.exec(value)
      if (parts === null) return bad(`a Status that is not valid: ${JSON.stringify(value.slice(0, 80))}`)
      if (status !== 0) return bad('more than one Status')
      status = Number(parts[1])
      reason = parts[2]
    } else fields.push(usualName(name), value)
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

/** The status of an answer that begins with a status line of HTTP (RFC 3875 section 5, NPH); undefined when it does not. */
export function statusOfLine(line: string): number | undefined {
  const status = statusLine.exec(line)?.[1]
  return status === undefined ? undefined : Number(status)
}

function bad(why: string): CgiHeadFault {
  return { kind: 'bad', why }
}

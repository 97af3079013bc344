// The field lines of a head (RFC 9112 section 5), and what they say of its framing, its host and its connection. Strict, as
// request-head.ts is. Clients send the same lines with request after request, octet by octet, so blocks of lines that were
// read lately are known by their text: a browser's fifteen fields cost one comparison then, and what is made of them
// (environ.ts) meets the very same strings again.

import { type Authority, parseAuthority } from '../http/authority.ts'
import { usualName } from '../http/field-names.ts'
import { type Fields, trimmedValue } from '../http/fields.ts'
import { RecentTexts } from '../recent-texts.ts'
import { type Refusal, refuse } from './refusal.ts'

/** The fields of one head. Shared by requests that have the same: never changed. */
export interface FieldBlock {
  readonly fields: Fields
  readonly length: string | undefined
  readonly coding: string | undefined
  readonly host: string | undefined
  /** Of `host`; undefined where that is absent, empty or not valid. */
  readonly authority: Authority | undefined
  /** The options of Connection, in lower case. */
  readonly connection: string | undefined
  readonly expectsContinue: boolean
}

interface Seen {
  readonly fields: string[]
  length: string | undefined
  coding: string | undefined
  host: string | undefined
  connection: string | undefined
  expectsContinue: boolean
}

/** What no head may hold: anything but HTAB, visible ASCII, blank, obs-text and CRLF; a CR alone is a smuggled line end. */
export const forbiddenOctet = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)/
export const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const digits = /^[0-9]+$/
const framingName = /^(?:content-length|transfer-encoding)$/i

const recent = new RecentTexts<FieldBlock>()
const hosts = new RecentTexts<string>()

/**
 * @param text of the lines, each with its CRLF, without the empty one
 * @param maxFieldCount fields allowed; more is 431
 */
export function readFieldBlock(text: string, maxFieldCount: number): FieldBlock | Refusal {
  const known = recent.get(text)
  if (known !== undefined) return known.fields.length > 2 * maxFieldCount ? tooMany() : known
  const block = parse(text, maxFieldCount)
  if (!('kind' in block)) recent.set(text, block)
  return block
}

function parse(text: string, maxFieldCount: number): FieldBlock | Refusal {
  if (forbiddenOctet.test(text)) return refuse(400, 'a control character in the head')
  const seen: Seen = {
    fields: [],
    length: undefined,
    coding: undefined,
    host: undefined,
    connection: undefined,
    expectsContinue: false,
  }
  const fault = readLines(text, seen, maxFieldCount)
  if (fault !== undefined) return fault
  const host = seen.host === undefined ? undefined : sameHost(seen.host)
  return {
    ...seen,
    host,
    authority: host === undefined || host === '' ? undefined : parseAuthority(host),
    connection: seen.connection?.toLowerCase(),
  }
}

/** One string for all heads that name the host so: it is compared several times in each request. */
function sameHost(host: string): string {
  const known = hosts.get(host)
  if (known !== undefined) return known
  hosts.set(host, host)
  return host
}

function readLines(text: string, seen: Seen, maxFieldCount: number): Refusal | undefined {
  const { fields } = seen
  let at = 0
  const end = text.length
  while (at < end) {
    const lineEnd = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    // A line that starts with a blank is obs-fold; its "name" is no token either, so one test refuses both.
    if (colon < 0 || colon > lineEnd) return refuse(400, 'a field line is not valid')
    const name = text.slice(at, colon)
    if (!token.test(name)) return refuse(400, 'a field line is not valid')
    const value = trimmedValue(text, colon + 1, lineEnd)
    if (fields.length >= 2 * maxFieldCount) return tooMany()
    fields.push(usualName(name), value)
    const fault = noteFraming(name, value, seen) ?? refuseTab(name, text, colon, lineEnd)
    if (fault !== undefined) return fault
    at = lineEnd + 2
  }
  return undefined
}

function tooMany(): Refusal {
  return refuse(431, 'too many fields')
}

// Only names of these lengths can matter for framing; the switch keeps every other field out of toLowerCase.
function noteFraming(name: string, value: string, seen: Seen): Refusal | undefined {
  switch (name.length) {
    case 4:
      if (name.toLowerCase() === 'host') {
        if (seen.host !== undefined) return refuse(400, 'more than one Host field')
        seen.host = value
      }
      return undefined
    case 6:
      if (name.toLowerCase() === 'expect') {
        if (value.toLowerCase() !== '100-continue') return refuse(417, 'an expectation that cannot be met')
        seen.expectsContinue = true
      }
      return undefined
    case 10:
      if (name.toLowerCase() === 'connection') {
        seen.connection = seen.connection === undefined ? value : `${seen.connection},${value}`
      }
      return undefined
    case 14:
      if (name.toLowerCase() === 'content-length') {
        if (seen.length !== undefined) return refuse(400, 'more than one Content-Length field')
        if (!digits.test(value)) return refuse(400, 'the Content-Length is not a number')
        seen.length = value
      }
      return undefined
    case 17:
      if (name.toLowerCase() === 'transfer-encoding') {
        if (seen.coding !== undefined) return refuse(400, 'more than one Transfer-Encoding field')
        seen.coding = value
      }
      return undefined
    default:
      return undefined
  }
}

/**
 * A tab is a blank (RFC 9110 section 5.5), but some servers take "chunked" with a tab for another coding, or a length with
 * one for none: what frames a message has to be plain.
 */
function refuseTab(name: string, text: string, from: number, to: number): Refusal | undefined {
  if (name.length !== 14 && name.length !== 17) return undefined
  const tab = text.indexOf('\t', from)
  if (tab < 0 || tab > to || !framingName.test(name)) return undefined
  return refuse(400, 'a tab in a field that frames the message')
}

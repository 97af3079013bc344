// Request line and fields (RFC 9112 sections 3, 5, 6): text of one complete head in, RequestHead or a refusal out.
// Strict on purpose: whatever two servers could read differently is refused (request smuggling).
// Pure; knows nothing of chunks of bytes, which is parser.ts.

import { parseAuthority } from '../http/authority.ts'
import { trimmedValue } from '../http/fields.ts'
import type { Framing, RequestHead } from '../http/head.ts'
import { parseTarget } from '../http/target.ts'

/** Why a head was refused and with which status. */
export interface Refusal {
  readonly kind: 'bad'
  readonly status: number
  readonly why: string
}

export function refuse(status: number, why: string): Refusal {
  return { kind: 'bad', status, why }
}

/** What no head may hold: anything but HTAB, visible ASCII, blank, obs-text and CRLF; a CR alone is a smuggled line end. */
const forbiddenOctet = /[^\t\r\n\x20-\x7e\x80-\xff]|\r(?!\n)/
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^ ]+) HTTP\/([0-9])\.([0-9])$/
const digits = /^[0-9]+$/
const framingName = /^(?:content-length|transfer-encoding)$/i

interface Framings {
  length: string | undefined
  coding: string | undefined
  host: string | undefined
  connection: string | undefined
  expectsContinue: boolean
}

/**
 * Parses a head: `text` from the request line up to, not including, the empty line's CRLF (so it ends in CRLF).
 * @param maxFieldCount fields allowed; more is 431
 */
export function parseRequestHead(text: string, maxFieldCount: number): RequestHead | Refusal {
  if (forbiddenOctet.test(text)) return refuse(400, 'a control character in the head')
  const lineEnd = text.indexOf('\r\n')
  const line = text.slice(0, lineEnd)
  const start = requestLine.exec(line)
  if (start === null) return refuseRequestLine(line)
  const method = start[1] as string
  if (start[3] !== '1') return refuse(505, 'only HTTP/1.0 and HTTP/1.1 are spoken here')
  // Reserved for the preface of HTTP/2 (RFC 9113 section 11.6): what comes behind it would be no HTTP/1.1.
  if (method === 'PRI') return refuse(400, 'PRI is no method')
  const target = parseTarget(start[2] as string, method)
  if (target === undefined) return refuse(400, 'the request target is not valid')
  const version = start[4] === '0' ? 10 : 11

  const fields: string[] = []
  const seen: Framings = {
    length: undefined,
    coding: undefined,
    host: undefined,
    connection: undefined,
    expectsContinue: false,
  }
  const fault = parseFieldLines(text, lineEnd + 2, fields, seen, maxFieldCount)
  if (fault !== undefined) return fault

  const framing = decideFraming(seen, version)
  if (framing.kind === 'bad') return framing
  // It has no content (RFC 9110 section 9.3.6); some read what follows as a body, some as the tunnel.
  if (method === 'CONNECT' && framing.kind !== 'none') return refuse(400, 'CONNECT with a body')
  const authority = decideAuthority(seen.host, target.authority, version)
  if (typeof authority !== 'string') return authority
  return {
    method,
    target,
    version,
    fields,
    framing,
    authority,
    // Behind a CONNECT may come what was meant for the tunnel, and must not be read as requests.
    keepAlive: method !== 'CONNECT' && decideKeepAlive(seen.connection, version),
    // RFC 9110 section 10.1.1: a 1.0 client never gets a 100, and without a body there is nothing to wait for.
    expectsContinue: seen.expectsContinue && version === 11 && framing.kind !== 'none',
  }
}

function refuseRequestLine(line: string): Refusal {
  const version = / HTTP\/([0-9]+)\.[0-9]+$/.exec(line)
  if (version !== null && version[1] !== '1' && token.test(line.slice(0, line.indexOf(' ')))) {
    return refuse(505, 'only HTTP/1.0 and HTTP/1.1 are spoken here')
  }
  return refuse(400, 'the request line is not valid')
}

function parseFieldLines(
  text: string,
  from: number,
  fields: string[],
  seen: Framings,
  maxFieldCount: number,
): Refusal | undefined {
  let at = from
  const end = text.length
  while (at < end) {
    const lineEnd = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    // A line that starts with a blank is obs-fold; its "name" is no token either, so one test refuses both.
    if (colon < 0 || colon > lineEnd) return refuse(400, 'a field line is not valid')
    const name = text.slice(at, colon)
    if (!token.test(name)) return refuse(400, 'a field line is not valid')
    const value = trimmedValue(text, colon + 1, lineEnd)
    if (fields.length >= 2 * maxFieldCount) return refuse(431, 'too many fields')
    fields.push(name, value)
    const fault = noteFraming(name, value, seen) ?? refuseTab(name, text, colon, lineEnd)
    if (fault !== undefined) return fault
    at = lineEnd + 2
  }
  return undefined
}

// Only names of these lengths can matter for framing; the switch keeps every other field out of toLowerCase.
function noteFraming(name: string, value: string, seen: Framings): Refusal | undefined {
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

const noFraming: Framing = { kind: 'none' }
const chunkedFraming: Framing = { kind: 'chunked' }

function decideFraming(seen: Framings, version: 10 | 11): Framing | Refusal {
  if (seen.coding !== undefined) {
    if (version === 10) return refuse(400, 'Transfer-Encoding in an HTTP/1.0 request')
    if (seen.length !== undefined) return refuse(400, 'Transfer-Encoding together with Content-Length')
    if (seen.coding.toLowerCase() !== 'chunked') return refuse(501, 'a transfer coding other than chunked')
    return chunkedFraming
  }
  if (seen.length === undefined) return noFraming
  const length = Number(seen.length)
  // Beyond 2^53 a number is no longer exact; a body of nine petabytes is nobody's intention.
  if (!Number.isSafeInteger(length)) return refuse(400, 'the Content-Length is too large to be a length')
  return length === 0 ? noFraming : { kind: 'sized', length }
}

function decideAuthority(
  host: string | undefined,
  authority: string | undefined,
  version: 10 | 11,
): string | Refusal {
  if (host === undefined) {
    if (version === 11) return refuse(400, 'no Host field')
    return authority ?? ''
  }
  const parsed = host === '' ? undefined : parseAuthority(host)
  if (host !== '' && parsed === undefined) return refuse(400, 'the Host field is not valid')
  if (authority === undefined) return host
  // RFC 9112 section 3.2.2 lets the target win; a pair that disagrees is a trick on whoever reads the other one.
  const target = parseAuthority(authority)
  if (
    target === undefined ||
    parsed === undefined ||
    target.host !== parsed.host ||
    target.port !== parsed.port
  ) {
    return refuse(400, 'the request target and the Host field name different hosts')
  }
  return authority
}

function decideKeepAlive(connection: string | undefined, version: 10 | 11): boolean {
  if (connection === undefined) return version === 11
  const options = connection.toLowerCase()
  if (/(?:^|,)[ \t]*close[ \t]*(?:,|$)/.test(options)) return false
  return version === 11 || /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/.test(options)
}

// Request line and framing (RFC 9112 sections 3 and 6): text of one complete head in, RequestHead or a refusal out.
// Strict on purpose: whatever two servers could read differently is refused (request smuggling).
// Knows nothing of chunks of bytes, which is parser.ts; the fields are field-block.ts.

import { parseAuthority } from '../http/authority.ts'
import type { Framing, RequestHead } from '../http/head.ts'
import { parseTarget } from '../http/target.ts'
import { type FieldBlock, forbiddenOctet, readFieldBlock, token } from './field-block.ts'
import { type Refusal, refuse } from './refusal.ts'

const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^ ]+) HTTP\/([0-9])\.([0-9])$/

/**
 * @param line the request line, without its CRLF
 * @param fieldLines those of the fields, each with its CRLF, without the empty one
 * @param maxFieldCount fields allowed; more is 431
 */
export function parseRequestHead(
  line: string,
  fieldLines: string,
  maxFieldCount: number,
): RequestHead | Refusal {
  if (forbiddenOctet.test(line)) return refuse(400, 'a control character in the head')
  const start = requestLine.exec(line)
  if (start === null) return refuseRequestLine(line)
  const method = start[1] as string
  if (start[3] !== '1') return refuse(505, 'only HTTP/1.0 and HTTP/1.1 are spoken here')
  // Reserved for the preface of HTTP/2 (RFC 9113 section 11.6): what comes behind it would be no HTTP/1.1.
  if (method === 'PRI') return refuse(400, 'PRI is no method')
  const target = parseTarget(start[2] as string, method)
  if (target === undefined) return refuse(400, 'the request target is not valid')
  const version = start[4] === '0' ? 10 : 11

  const block = readFieldBlock(fieldLines, maxFieldCount)
  if ('kind' in block) return block
  const framing = decideFraming(block, version)
  if (framing.kind === 'bad') return framing
  // It has no content (RFC 9110 section 9.3.6); some read what follows as a body, some as the tunnel.
  if (method === 'CONNECT' && framing.kind !== 'none') return refuse(400, 'CONNECT with a body')
  const authority = decideAuthority(block, target.authority, version)
  if (typeof authority !== 'string') return authority
  return {
    method,
    target,
    version,
    fields: block.fields,
    framing,
    authority,
    // Behind a CONNECT may come what was meant for the tunnel, and must not be read as requests.
    keepAlive: method !== 'CONNECT' && decideKeepAlive(block.connection, version),
    // RFC 9110 section 10.1.1: a 1.0 client never gets a 100, and without a body there is nothing to wait for.
    expectsContinue: block.expectsContinue && version === 11 && framing.kind !== 'none',
  }
}

function refuseRequestLine(line: string): Refusal {
  const version = / HTTP\/([0-9]+)\.[0-9]+$/.exec(line)
  if (version !== null && version[1] !== '1' && token.test(line.slice(0, line.indexOf(' ')))) {
    return refuse(505, 'only HTTP/1.0 and HTTP/1.1 are spoken here')
  }
  return refuse(400, 'the request line is not valid')
}

const noFraming: Framing = { kind: 'none' }
const chunkedFraming: Framing = { kind: 'chunked' }

function decideFraming(seen: FieldBlock, version: 10 | 11): Framing | Refusal {
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
  { host, authority: parsed }: FieldBlock,
  authority: string | undefined,
  version: 10 | 11,
): string | Refusal {
  if (host === undefined) {
    if (version === 11) return refuse(400, 'no Host field')
    return authority ?? ''
  }
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

/** @param options of Connection, in lower case */
function decideKeepAlive(options: string | undefined, version: 10 | 11): boolean {
  if (options === undefined) return version === 11
  if (/(?:^|,)[ \t]*close[ \t]*(?:,|$)/.test(options)) return false
  return version === 11 || /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/.test(options)
}

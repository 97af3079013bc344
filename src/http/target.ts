// Request targets (RFC 9112 section 3.2): the four forms, split but not decoded.
// Decoding and dot segments are path.ts; which method may use which form is decided here, too.

import { parseAuthority } from './authority.ts'

/** A request target; every string is a ByteString exactly as received. */
export interface Target {
  readonly kind: 'origin' | 'absolute' | 'authority' | 'asterisk'
  /** The whole target as received: REQUEST_URI. */
  readonly raw: string
  /** Raw path; '/' when an absolute target has none, '*' and '' for the other two forms. */
  readonly path: string
  /** Raw query without its question mark; '' when there is none. */
  readonly query: string
  /** Authority of an absolute or authority target, else undefined. */
  readonly authority: string | undefined
}

// RFC 3986 characters, plus the octets that browsers send unencoded all the same: | ^ ` { } [ ] " < > \ and
// obs-text. A fragment, a blank or a control character is never part of a target.
const targetOctets = /^[\x21\x22\x24-\x7e\x80-\xff]+$/
const scheme = /^https?:\/\//i

/** Splits a request target; undefined when it is not valid for the method. */
export function parseTarget(raw: string, method: string): Target | undefined {
  if (!targetOctets.test(raw)) return undefined
  if (method === 'CONNECT') return parseAuthorityForm(raw)
  if (raw.charCodeAt(0) === 0x2f) return split('origin', raw, raw, undefined)
  if (raw === '*') {
    return method === 'OPTIONS'
      ? { kind: 'asterisk', raw, path: '*', query: '', authority: undefined }
      : undefined
  }
  return parseAbsoluteForm(raw)
}

function split(
  kind: Target['kind'],
  raw: string,
  pathAndQuery: string,
  authority: string | undefined,
): Target {
  const mark = pathAndQuery.indexOf('?')
  if (mark < 0) return { kind, raw, path: pathAndQuery, query: '', authority }
  return { kind, raw, path: pathAndQuery.slice(0, mark), query: pathAndQuery.slice(mark + 1), authority }
}

function parseAbsoluteForm(raw: string): Target | undefined {
  const prefix = scheme.exec(raw)
  if (prefix === null) return undefined
  const rest = raw.slice(prefix[0].length)
  const end = rest.search(/[/?]/)
  const authority = end < 0 ? rest : rest.slice(0, end)
  if (authority === '' || parseAuthority(authority) === undefined) return undefined
  const pathAndQuery = end < 0 ? '/' : rest.slice(end)
  return split('absolute', raw, pathAndQuery.startsWith('?') ? `/${pathAndQuery}` : pathAndQuery, authority)
}

function parseAuthorityForm(raw: string): Target | undefined {
  const authority = parseAuthority(raw)
  if (authority === undefined || authority.port === undefined) return undefined
  return { kind: 'authority', raw, path: '', query: '', authority: raw }
}

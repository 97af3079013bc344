// Paths of requests (RFC 3986 sections 2.1, 3.3 and 5.2.4; RFC 9110 section 4.2.3): from raw to the one normalised form
// that routing, access rules, SCRIPT_NAME and PATH_INFO are made of, and back into a raw path for Location.
// Knows no file system: a backslash, a newline and bytes that are not UTF-8 are plain octets here.

/** The path of a request after normalisation, or why it has none; `why` ends a sentence in the log. */
export type NormalPath =
  | { readonly kind: 'ok'; readonly path: string }
  | { readonly kind: 'bad'; readonly why: string }

export interface PathRules {
  /** What `%2F` means: 'refuse' (default) answers bad, 'decode' makes it a slash like any other. */
  readonly encodedSlash?: 'refuse' | 'decode'
}

const needsWork = /[%\0]|\/[/.]/
const badEscape = /%(?![0-9A-Fa-f]{2})/
const escapes = /%[0-9A-Fa-f]{2}/g

function decodeEscape(triplet: string): string {
  return String.fromCharCode(Number.parseInt(triplet.slice(1), 16))
}

/** Resolves dot segments after slashes have been collapsed; undefined when the path climbs above the root. */
function resolveDots(path: string): string | undefined {
  const kept: string[] = []
  const segments = path.split('/')
  const last = segments.length - 1
  for (let i = 1; i <= last; i++) {
    const segment = segments[i] as string
    if (segment === '.' || segment === '..') {
      if (segment === '..' && kept.pop() === undefined) return undefined
      if (i === last) kept.push('')
    } else if (segment !== '' || i === last) {
      kept.push(segment)
    }
  }
  return `/${kept.join('/')}`
}

/**
 * Normalises a raw path once: percent-decodes, collapses slashes, resolves dot segments, in this order.
 * The result starts with '/', is a ByteString and holds no '//', no '.' or '..' segment and no NUL.
 */
export function normalizePath(raw: string, rules?: PathRules): NormalPath {
  if (!needsWork.test(raw) && raw.charCodeAt(0) === 0x2f) return { kind: 'ok', path: raw }
  if (raw.charCodeAt(0) !== 0x2f) return { kind: 'bad', why: 'the path does not start with a slash' }
  let path = raw
  if (raw.includes('%')) {
    if (badEscape.test(raw))
      return { kind: 'bad', why: 'the path holds a percent sign without two hex digits' }
    if (rules?.encodedSlash !== 'decode' && /%2f/i.test(raw)) {
      return { kind: 'bad', why: 'the path holds an encoded slash' }
    }
    path = raw.replace(escapes, decodeEscape)
  }
  if (path.includes('\0')) return { kind: 'bad', why: 'the path holds a NUL' }
  if (path.includes('/.') || path.includes('//')) {
    const resolved = resolveDots(path)
    if (resolved === undefined) return { kind: 'bad', why: 'the path climbs above the root' }
    path = resolved
  }
  return { kind: 'ok', path }
}

const escapeTable = Array.from(
  { length: 256 },
  (_, octet) => `%${octet.toString(16).toUpperCase().padStart(2, '0')}`,
)

function encodeOctet(octet: string): string {
  return escapeTable[octet.charCodeAt(0)] as string
}

/**
 * A normalised path as it may stand in a Location: everything but pchar and '/' is escaped, CR and LF included.
 * It never starts with two slashes or a backslash, which a browser would read as another host.
 */
export function encodePath(path: string): string {
  const rooted = path.startsWith('//') ? path.replace(/^\/+/, '/') : path
  return rooted.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/g, encodeOctet)
}

/** A raw query as it may stand in a Location: escapes are kept, octets that no URI may hold are escaped. */
export function encodeQuery(query: string): string {
  return query.replace(/[^\x21\x23-\x3b\x3d\x3f-\x7e]/g, encodeOctet)
}

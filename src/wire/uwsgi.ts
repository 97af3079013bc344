// Requests of uwsgi ("The uwsgi Protocol" of the uWSGI documentation): a packet of four octets of header and the variables, behind
// it the input, as it is. Modifiers 0 and 0 mean a WSGI request. The answer is mostly a message of HTTP (cgi-response.ts).
// Pure. Strings are ByteStrings (latin-1 views of octets).

const headerBytes = 4
/** Octets of variables that a packet holds, names, values and their lengths: its size is a number of 16 bits. */
export const maxUwsgiEnvironBytes = 0xffff

export type UwsgiEncoded =
  | { readonly kind: 'ok'; readonly bytes: Buffer }
  /** `size`: octets that the variables would take. */
  | { readonly kind: 'too large'; readonly size: number }

/**
 * All of a request in front of its input.
 * @param pairs names and values, flat
 * @returns too large when no packet holds them: nothing is ever cut
 */
export function encodeUwsgiRequest(pairs: readonly string[]): UwsgiEncoded {
  let size = 0
  for (const text of pairs) size += 2 + text.length
  if (size > maxUwsgiEnvironBytes) return { kind: 'too large', size }
  const bytes = Buffer.allocUnsafe(headerBytes + size)
  bytes[0] = 0
  bytes.writeUInt16LE(size, 1)
  bytes[3] = 0
  let at = headerBytes
  for (const text of pairs) {
    at = bytes.writeUInt16LE(text.length, at)
    at += bytes.write(text, at, 'latin1')
  }
  return { kind: 'ok', bytes }
}

export type UwsgiRequest =
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly why: string }
  /** `size`: octets in front of the input. */
  | { readonly kind: 'ok'; readonly size: number; readonly pairs: readonly string[] }

const more: UwsgiRequest = { kind: 'more' }

/** Reads the request at the start of everything that has come on a connection. */
export function readUwsgiRequest(bytes: Buffer): UwsgiRequest {
  const modifier = bytes[0]
  if (modifier === undefined) return more
  if (modifier !== 0)
    return { kind: 'bad', why: `modifier ${modifier}, which asks for something else than WSGI` }
  if (bytes.length < headerBytes) return more
  const size = headerBytes + bytes.readUInt16LE(1)
  if (bytes.length < size) return more
  const texts: string[] = []
  let at = headerBytes
  while (at < size) {
    const from = at + 2
    const end = from > size ? from : from + bytes.readUInt16LE(at)
    if (end > size) return { kind: 'bad', why: 'a variable reaches beyond its packet' }
    texts.push(bytes.toString('latin1', from, end))
    at = end
  }
  if (texts.length % 2 !== 0) return { kind: 'bad', why: 'a name without a value' }
  return { kind: 'ok', size, pairs: texts }
}

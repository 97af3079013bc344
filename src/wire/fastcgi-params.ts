// Name-value pairs of FastCGI (section 3.4): lengths of one or four octets, then name and value.
// Strings are ByteStrings (latin-1 views of octets). Pure.

/** Octets the pair needs when encoded. */
export function pairBytes(name: string, value: string): number {
  return (name.length < 128 ? 1 : 4) + (value.length < 128 ? 1 : 4) + name.length + value.length
}

const shortLengths = Array.from({ length: 128 }, (_, length) => String.fromCharCode(length))

function lengthOctets(length: number): string {
  if (length < 128) return shortLengths[length] as string
  return String.fromCharCode(
    (length >>> 24) | 0x80,
    (length >>> 16) & 0xff,
    (length >>> 8) & 0xff,
    length & 0xff,
  )
}

/** One pair as a ByteString. Building text and writing it once is faster in V8 than writing octets one by one. */
export function encodePair(name: string, value: string): string {
  return lengthOctets(name.length) + lengthOctets(value.length) + name + value
}

export type DecodedPairs =
  | { readonly kind: 'ok'; readonly pairs: readonly string[] }
  | { readonly kind: 'bad'; readonly why: string }

/** Decodes the whole content of a PARAMS or GET_VALUES stream into flat pairs. */
export function decodePairs(content: Buffer): DecodedPairs {
  const pairs: string[] = []
  let at = 0
  while (at < content.length) {
    const name = readLength(content, at)
    const value = name === undefined ? undefined : readLength(content, name.next)
    if (
      name === undefined ||
      value === undefined ||
      value.next + name.length + value.length > content.length
    ) {
      return { kind: 'bad', why: 'a name-value pair reaches beyond its stream' }
    }
    const nameEnd = value.next + name.length
    at = nameEnd + value.length
    pairs.push(content.toString('latin1', value.next, nameEnd), content.toString('latin1', nameEnd, at))
  }
  return { kind: 'ok', pairs }
}

function readLength(content: Buffer, at: number): { length: number; next: number } | undefined {
  const first = content[at]
  if (first === undefined) return undefined
  if (first < 128) return { length: first, next: at + 1 }
  if (at + 4 > content.length) return undefined
  return { length: content.readUInt32BE(at) & 0x7fffffff, next: at + 4 }
}

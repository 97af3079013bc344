// Requests of SCGI ("SCGI: A Simple Common Gateway Interface alternative", revision of 2008): names and values, each ended by a
// NUL, as one netstring; behind it the input, as it is. The answer is that of a CGI script (cgi-response.ts).
// Pure. Strings are ByteStrings (latin-1 views of octets).

export type ScgiEncoded =
  | { readonly kind: 'ok'; readonly bytes: Buffer }
  | { readonly kind: 'bad'; readonly why: string }

/**
 * All of a request in front of its input. CONTENT_LENGTH comes first, always, then `SCGI` with the value 1. No name comes
 * twice: where the pairs hold one again, the last value counts, as in an environment.
 * @param pairs names and values, flat; what they say about CONTENT_LENGTH does not count
 * @param inputBytes octets of the input that will follow, 0 when there is none
 * @returns bad for a pair with a NUL in it, which would end elsewhere for the peer
 */
export function encodeScgiRequest(pairs: readonly string[], inputBytes: number): ScgiEncoded {
  const variables = new Map([
    ['CONTENT_LENGTH', ''],
    ['SCGI', ''],
  ])
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string
    const value = pairs[i + 1] as string
    if (name.includes('\0') || value.includes('\0'))
      return { kind: 'bad', why: `a NUL in the variable ${JSON.stringify(name.slice(0, 80))}` }
    variables.set(name, value)
  }
  variables.set('CONTENT_LENGTH', String(inputBytes)).set('SCGI', '1')
  let text = ''
  for (const [name, value] of variables) text += `${name}\0${value}\0`
  return { kind: 'ok', bytes: Buffer.from(`${text.length}:${text},`, 'latin1') }
}

export type ScgiRequest =
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly why: string }
  /** `size`: octets in front of the input; `inputBytes`: octets of the input. */
  | {
      readonly kind: 'ok'
      readonly size: number
      readonly inputBytes: number
      readonly pairs: readonly string[]
    }

/** Octets of the netstring that are read at most. */
const maxEnvironBytes = 1024 * 1024

const netstringStart = /^(0|[1-9][0-9]{0,8}):/
const unfinishedStart = /^(?:0|[1-9][0-9]{0,8})?$/
const digits = /^[0-9]{1,15}$/
const comma = 0x2c
const more: ScgiRequest = { kind: 'more' }

/** Reads the request at the start of everything that has come on a connection. */
export function readScgiRequest(bytes: Buffer): ScgiRequest {
  const start = bytes.toString('latin1', 0, 10)
  const parts = netstringStart.exec(start)
  if (parts === null) return unfinishedStart.test(start) ? more : bad('no netstring')
  const length = Number(parts[1])
  if (length > maxEnvironBytes) return bad(`an environ of ${length} octets`)
  const from = parts[0].length
  const end = from + length
  if (bytes.length <= end) return more
  if (bytes[end] !== comma) return bad('no comma behind the netstring')
  const parsed = pairsIn(bytes.toString('latin1', from, end))
  return typeof parsed === 'string' ? bad(parsed) : { kind: 'ok', size: end + 1, ...parsed }
}

/** Or why they are none. */
function pairsIn(text: string): { pairs: string[]; inputBytes: number } | string {
  if (!text.endsWith('\0')) return 'an environ that does not end in a NUL'
  const pairs = text.slice(0, -1).split('\0')
  if (pairs.length % 2 !== 0) return 'a name without a value'
  const length = pairs[1] as string
  if (pairs[0] !== 'CONTENT_LENGTH' || !digits.test(length)) return 'no CONTENT_LENGTH in front'
  const names = pairs.filter((_, index) => index % 2 === 0)
  if (names.includes('')) return 'an empty name'
  if (new Set(names).size !== names.length) return 'a name that comes twice'
  if (pairs[names.indexOf('SCGI') * 2 + 1] !== '1') return 'no SCGI with the value 1'
  return { pairs, inputBytes: Number(length) }
}

function bad(why: string): ScgiRequest {
  return { kind: 'bad', why }
}

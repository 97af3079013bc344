// The elements of the Forwarded field (RFC 7239 section 4), taken from the right: the nearest proxy wrote the last one.
// From the left a client could open a quoted string and swallow with it what honest proxies append.

/** The parameters that are used; `by` and extensions are parsed and left. */
export interface ForwardedElement {
  readonly for: string | undefined
  readonly proto: string | undefined
  readonly host: string | undefined
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const pair =
  /[ \t;]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)")[ \t]*(?:;[ \t;]*|$)/y

/** Where the element that ends before `end` starts: behind a comma outside of quoted strings, or at 0. */
export function elementStart(text: string, end: number): number {
  let quoted = false
  for (let at = end - 1; at >= 0; at--) {
    const code = text.charCodeAt(at)
    // Within a quoted string, a quote behind an odd number of backslashes belongs to the text.
    if (code === quote) quoted = quoted ? isEscaped(text, at) : true
    else if (code === comma && !quoted) return at + 1
  }
  return 0
}

function isEscaped(text: string, at: number): boolean {
  let start = at
  while (start > 0 && text.charCodeAt(start - 1) === backslash) start--
  return (at - start) % 2 === 1
}

/** Parses one element; undefined when it is not valid, is empty, or says one of its parameters twice. */
export function parseElement(text: string): ForwardedElement | undefined {
  const found: { for?: string; proto?: string; host?: string } = {}
  const end = text.length
  let at = 0
  while (at < end) {
    pair.lastIndex = at
    const match = pair.exec(text)
    if (match === null) return undefined
    const [whole, name = '', token, quoted = ''] = match
    const key = name.toLowerCase()
    if (key === 'for' || key === 'proto' || key === 'host') {
      if (found[key] !== undefined) return undefined
      found[key] = token ?? quoted.replace(/\\(.)/g, '$1')
    }
    at += whole.length
  }
  return end === 0 ? undefined : { for: found.for, proto: found.proto, host: found.host }
}

// Whom a request comes from and what it was for, as far as trusted proxies say it: the walk over Forwarded (RFC 7239)
// or X-Forwarded-*, from the right, as long as the address that wrote an element is a trusted one.
// What stands left of the last trusted element may be the client's own words and is never looked at.

import type { IpOctets } from '../ip-address.ts'
import { parseAuthority } from './authority.ts'
import { trimmedValue } from './fields.ts'
import { elementStart, type ForwardedElement, parseElement } from './forwarded-element.ts'
import type { ForwardedFamily, ForwardedFields } from './forwarded-fields.ts'
import { type ForwardedNode, parseForElement, parseNode } from './forwarded-node.ts'

/** Which family decides: one of them only, or X-Forwarded-* where there is any and else Forwarded. */
export type ForwardedChoice = 'auto' | ForwardedFamily

/** What the trusted proxies told; undefined for what they did not. */
export interface ForwardedFacts {
  readonly client: ForwardedNode | undefined
  /** Somebody stands behind that one, or behind the peer, whose address is not told. */
  readonly hidden: boolean
  readonly scheme: 'http' | 'https' | undefined
  /** Valid as `host` or `host:port`, as it was written. */
  readonly authority: string | undefined
  /** The port that the client connected to. */
  readonly port: number | undefined
}

/** So many proxies in a row are believed; nobody has more, and no list makes a request expensive. */
export const maxForwardedElements = 32

/** Walks from a trusted peer outwards; undefined when nothing usable is told. */
export function readForwarded(
  fields: ForwardedFields,
  choice: ForwardedChoice,
  trusts: (address: IpOctets) => boolean,
): ForwardedFacts | undefined {
  const { forwarded } = fields
  const hasOlder =
    fields.for !== undefined ||
    fields.proto !== undefined ||
    fields.host !== undefined ||
    fields.port !== undefined
  const family = choice === 'auto' ? (hasOlder ? 'x-forwarded' : 'forwarded') : choice
  if (family === 'x-forwarded') return hasOlder ? walkLists(fields, trusts) : undefined
  return forwarded === undefined ? undefined : walkElements(forwarded, trusts)
}

function walkElements(text: string, trusts: (address: IpOctets) => boolean): ForwardedFacts | undefined {
  let outermost: ForwardedElement | undefined
  let client: ForwardedNode | undefined
  let hidden = true
  let end = text.length
  for (let hop = 0; hop < maxForwardedElements; hop++) {
    const start = elementStart(text, end)
    const element = parseElement(trimmedValue(text, start, end))
    if (element === undefined) break
    outermost = element
    const node = element.for === undefined ? undefined : parseNode(element.for)
    if (node === undefined) break
    client = node
    hidden = start > 0 && trusts(node.octets)
    if (!hidden) break
    end = start - 1
  }
  if (outermost === undefined) return undefined
  return {
    client,
    hidden,
    scheme: parseScheme(outermost.proto),
    authority: validAuthority(outermost.host),
    port: undefined,
  }
}

function walkLists(fields: ForwardedFields, trusts: (address: IpOctets) => boolean): ForwardedFacts {
  const list = fields.for
  let client: ForwardedNode | undefined
  let hidden = true
  let hops = 0
  let end = list === undefined ? -1 : list.length
  while (list !== undefined && end >= 0 && hops < maxForwardedElements) {
    hops++
    const comma = commaBefore(list, end)
    const node = parseForElement(trimmedValue(list, comma + 1, end))
    if (node === undefined) break
    client = node
    hidden = comma >= 0 && trusts(node.octets)
    if (!hidden) break
    end = comma
  }
  // Each trusted proxy adds to every list, or writes the list anew; so many elements from the right are theirs.
  const written = Math.max(1, hops)
  return {
    client,
    hidden,
    scheme: parseScheme(elementFromRight(fields.proto, written)),
    authority: validAuthority(elementFromRight(fields.host, written)),
    port: parsePort(elementFromRight(fields.port, written)),
  }
}

/** Index of the last comma before `end`, or -1. */
function commaBefore(text: string, end: number): number {
  return end === 0 ? -1 : text.lastIndexOf(',', end - 1)
}

/** The element at that place counted from 1 at the right; the first one where there are fewer. */
function elementFromRight(list: string | undefined, place: number): string | undefined {
  if (list === undefined) return undefined
  let end = list.length
  let comma = commaBefore(list, end)
  for (let i = 1; i < place && comma >= 0; i++) {
    end = comma
    comma = commaBefore(list, end)
  }
  return trimmedValue(list, comma + 1, end)
}

function parseScheme(text: string | undefined): 'http' | 'https' | undefined {
  const scheme = text?.toLowerCase()
  return scheme === 'http' || scheme === 'https' ? scheme : undefined
}

function validAuthority(text: string | undefined): string | undefined {
  return text === undefined || parseAuthority(text) === undefined ? undefined : text
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port > 0 && port <= 65_535 ? port : undefined
}

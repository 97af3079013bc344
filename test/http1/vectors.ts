// The HTTP/1.1 vectors of test/fixtures/http1/vectors.json: octets to send, and what a server may answer.
// Every string there is latin-1. What each key means stands in the file itself.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Vector {
  /** Family and number: `cl-05`. */
  readonly id: string
  readonly level: 'MUST' | 'SHOULD' | 'MAY' | 'POLICY'
  readonly raw: string
  readonly why: string
  /** Any one of these outcomes is right. */
  readonly accept: readonly string[]
  /** The one of them that a strict server gives. */
  readonly prefer?: string
  readonly expand?: Readonly<Record<string, readonly [string, number]>>
  readonly split?: 'each' | readonly number[]
  readonly delay_ms?: number
  readonly shutdown?: boolean
  readonly max_responses?: number
  readonly expect?: Readonly<Record<string, unknown>>
  readonly expect_if?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly never?: Readonly<Record<string, unknown>>
}

/** What {{ETAG}} and {{LAST_MODIFIED}} stand for: what the server said of /static/d1000.txt. */
export type Tokens = Readonly<Record<string, string>>

const path = join(import.meta.dirname, '../fixtures/http1/vectors.json')

export const vectors: readonly Vector[] = JSON.parse(readFileSync(path, 'utf8')).vectors

export function familyOf({ id }: Vector): string {
  return id.slice(0, id.indexOf('-'))
}

/** The text with what stands for something put in. */
export function filled(text: string, tokens: Tokens): string {
  return Object.entries(tokens).reduce((all, [token, value]) => all.replaceAll(token, value), text)
}

/** All octets of the vector. */
export function octetsOf(vector: Vector, tokens: Tokens = {}): Buffer {
  let text = vector.raw
  for (const [token, [piece, times]] of Object.entries(vector.expand ?? {})) {
    text = text.replace(token, piece.repeat(times))
  }
  return Buffer.from(filled(text, tokens), 'latin1')
}

/** The octets as the vector wants them written: whole, one by one or cut at its places. */
export function piecesOf(vector: Vector, octets: Buffer): Buffer[] {
  if (vector.split === 'each') return Array.from(octets, (octet) => Buffer.from([octet]))
  const cuts = (vector.split ?? []).map((cut) => (cut < 0 ? octets.length + cut : cut))
  return [0, ...cuts].map((from, index) => octets.subarray(from, cuts[index]))
}

/** The vector wants an answer to its first piece before it sends the next. */
export function waitsBetween({ delay_ms = 0 }: Vector): boolean {
  return delay_ms >= 1000
}

const singles = 512
const between = 1021

/** Octet by octet; what only fills the middle of a very long vector goes in pieces. */
export function octetByOctet(octets: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  while (at < octets.length) {
    const inMiddle = at >= singles && at + between + singles < octets.length
    const next = at + (inMiddle ? between : 1)
    pieces.push(octets.subarray(at, next))
    at = next
  }
  return pieces
}

// Two readings of the same octets: do they agree on every request that both accept, and does ours accept only what
// llhttp accepts, or what a written list says?

import type { Message, Reading } from '../http1/reading.ts'
import { differences } from './differences.ts'

export type Comparison =
  /** The same requests; `accepted` counts those that are complete. */
  | { readonly kind: 'agreed'; readonly accepted: number }
  /** Both refuse at the same request. */
  | { readonly kind: 'refused'; readonly accepted: number }
  /** We refuse or close, llhttp goes on. */
  | { readonly kind: 'stricter'; readonly accepted: number; readonly why: string }
  /** We accept what llhttp does not, as the list says. */
  | { readonly kind: 'intended'; readonly accepted: number; readonly why: string }
  | { readonly kind: 'fault'; readonly accepted: number; readonly why: string }

export function compare(octets: Buffer, ours: Reading, theirs: Reading): Comparison {
  const most = Math.max(ours.messages.length, theirs.messages.length)
  for (let index = 0; index < most; index++) {
    const accepted = index
    const [mine, other] = [ours.messages[index], theirs.messages[index]]
    if (mine !== undefined && other !== undefined) {
      const why = headDifference(mine, other) ?? bodyDifference(mine, other)
      if (why !== undefined) return { kind: 'fault', accepted, why }
      if (mine.complete && other.complete) continue
    }
    if (mine?.complete === true) return lenient(octets, mine, theirs, accepted, 'the end of a body')
    if (mine !== undefined && other === undefined) return lenient(octets, mine, theirs, accepted, 'a head')
    return unaccepted(ours, theirs, other, accepted)
  }
  return unaccepted(ours, theirs, undefined, most)
}

function headDifference(mine: Message, other: Message): string | undefined {
  if (mine.method !== other.method) return `method ${mine.method}, theirs ${other.method}`
  if (mine.target !== other.target) return `target ${mine.target}, theirs ${other.target}`
  // Of a message whose body does not matter, a field that one of them reads otherwise would still be a way in.
  if (fieldsOf(mine) !== fieldsOf(other)) return `fields ${fieldsOf(mine)}, theirs ${fieldsOf(other)}`
  return undefined
}

function fieldsOf({ fields }: Message): string {
  return JSON.stringify(fields)
}

function bodyDifference(mine: Message, other: Message): string | undefined {
  const [short, long] = mine.body.length < other.body.length ? [mine, other] : [other, mine]
  if (!long.body.startsWith(short.body)) return 'other octets in the body'
  if (short.complete && short.body !== long.body) return 'the body ends elsewhere'
  return undefined
}

/** Ours has taken what theirs has not: it is on the list, or it is a fault. */
function lenient(octets: Buffer, mine: Message, theirs: Reading, accepted: number, what: string): Comparison {
  if (theirs.end === 'open') return { kind: 'fault', accepted, why: `we take ${what}, llhttp waits for more` }
  const known = differences.find(({ refuses, when }) => refuses.test(theirs.why) && when(mine, octets))
  if (known !== undefined) return { kind: 'intended', accepted, why: known.name }
  return { kind: 'fault', accepted, why: `we take ${what}, llhttp refuses: ${theirs.why}` }
}

/** Ours has not taken the next request, or not all of it. */
function unaccepted(
  ours: Reading,
  theirs: Reading,
  other: Message | undefined,
  accepted: number,
): Comparison {
  const goesOn = other?.complete === true || theirs.end !== 'refused'
  if (ours.end === 'refused') {
    return goesOn ? { kind: 'stricter', accepted, why: ours.why } : { kind: 'refused', accepted }
  }
  if (ours.end === 'closed') {
    return other === undefined
      ? { kind: 'agreed', accepted }
      : { kind: 'stricter', accepted, why: 'we close, llhttp goes on' }
  }
  if (other?.complete === true)
    return { kind: 'fault', accepted, why: 'llhttp takes a request, we wait for more' }
  // What is not complete may still be refused by us when more comes.
  return { kind: 'agreed', accepted }
}

// The differential fuzzing of our HTTP/1.1 engine against llhttp: inputs from a generator, a corpus and mutations of both.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Reading, readOurs, splitAt, tightLimits } from '../http1/reading.ts'
import { octetsOf, vectors } from '../http1/vectors.ts'
import { type Comparison, compare } from './compare.ts'
import { readTheirs } from './llhttp.ts'
import { mutate, type Words } from './mutate.ts'
import { readByServer } from './node-server.ts'
import { Random } from './random.ts'
import { sampleRequests } from './requests.ts'

const batch = 2000
/** One in so many inputs is as the generator or the corpus has it. */
const unmutated = 4
/** One in so many is also read cut in two, and must read the same. */
const alsoCut = 4
const longestOctets = 4096

const findings = join(import.meta.dirname, '../fixtures/http1/findings.json')

/** Inputs that once made a difference; each is a ByteString with what it was about. */
export const corpus: readonly Buffer[] = [
  ...vectors.map((vector) => octetsOf(vector)).filter(({ length }) => length <= longestOctets),
  ...(JSON.parse(readFileSync(findings, 'utf8')) as { input: string }[]).map(({ input }) =>
    Buffer.from(input, 'latin1'),
  ),
]

function latin1(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text, 'latin1'))
}

/** What parsers of HTTP/1.1 look for. */
export const words: Words = {
  octets: [
    0, 9, 10, 11, 12, 13, 32, 0x22, 0x2c, 0x2d, 0x2b, 0x30, 0x31, 0x3a, 0x3b, 0x3d, 0x5f, 0x7f, 0x80, 0x85,
    0xa0, 0xff,
  ],
  pieces: latin1(
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    '\r\r',
    '\r\n ',
    '\r\n\t',
    '0\r\n\r\n',
    '1\r\nx\r\n',
    ';a=b',
    ' ;a="',
    ', ',
    'chunked',
    'close',
    'Content-Length: 1\r\n',
    'Content-Length: 0\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'Connection: upgrade\r\nUpgrade: x\r\n',
    'Host: h\r\n',
    'HTTP/1.1\r\n',
    ' HTTP/1.0\r\n',
    'GET /x HTTP/1.1\r\nHost: h\r\n\r\n',
    'POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx',
    'X: y\r\n',
    '0x',
    '0'.repeat(17),
    'ffffffff',
  ),
}

export interface Fault {
  readonly input: Buffer
  readonly why: string
}

export interface Summary {
  readonly inputs: number
  readonly counts: Readonly<Record<Comparison['kind'], number>>
  /** Requests that both accepted, and agreed on. */
  readonly requests: number
  /** How often by reason. */
  readonly stricter: ReadonlyMap<string, number>
  readonly intended: ReadonlyMap<string, number>
  readonly faults: readonly Fault[]
}

/** @param most faults after which to stop */
export function fuzz(inputs: number, seed: number, most = 20): Summary {
  const counts = { agreed: 0, refused: 0, stricter: 0, intended: 0, fault: 0 }
  const reasons = { stricter: new Map<string, number>(), intended: new Map<string, number>() }
  const faults: Fault[] = []
  const random = new Random(seed)
  let requests = 0
  let done = 0
  while (done < inputs && faults.length < most) {
    const fresh = sampleRequests(Math.ceil(batch / unmutated), random.below(0x7fffffff))
    for (let left = Math.min(batch, inputs - done); left > 0 && faults.length < most; left--, done++) {
      const input = inputFrom(fresh, left, random)
      const verdict = check(input, random)
      counts[verdict.kind]++
      requests += verdict.accepted
      if (verdict.kind === 'fault') faults.push({ input, why: verdict.why })
      else if (verdict.kind === 'stricter' || verdict.kind === 'intended') {
        const seen = reasons[verdict.kind]
        seen.set(verdict.why, (seen.get(verdict.why) ?? 0) + 1)
      }
    }
  }
  return { inputs: done, counts, requests, ...reasons, faults }
}

function inputFrom(fresh: readonly Buffer[], left: number, random: Random): Buffer {
  const asIs = fresh[left - 1]
  if (asIs !== undefined) return asIs
  const base = random.pick(random.below(6) === 0 ? corpus : fresh)
  return mutate(base, random, words, random.pick(fresh))
}

function check(input: Buffer, random: Random): Comparison {
  const ours = readOurs([input])
  if (input.length > 1 && random.below(alsoCut) === 0) {
    const cut = 1 + random.below(input.length - 1)
    const pieces = splitAt(input, cut)
    const tight = isSame(readOurs([input], tightLimits), readOurs(pieces, tightLimits))
    if (!tight || !isSame(ours, readOurs(pieces))) {
      return { kind: 'fault', accepted: 0, why: `cut at ${cut} it is read otherwise` }
    }
  }
  return compare(input, ours, readTheirs(input))
}

function isSame(one: Reading, other: Reading): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** The shortest input that can be found which fails in the same words. */
export function shortest({ input, why }: Fault): Buffer {
  const fails = (octets: Buffer): boolean => {
    const verdict = compare(octets, readOurs([octets]), readTheirs(octets))
    return verdict.kind === 'fault' && verdict.why.slice(0, 30) === why.slice(0, 30)
  }
  let best = input
  for (let size = best.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= best.length; ) {
      const without = Buffer.concat([best.subarray(0, at), best.subarray(at + size)])
      if (fails(without)) best = without
      else at += size
    }
  }
  return best
}

/** The whole result in words. */
export function reportOf(summary: Summary, seed: number): string {
  const { inputs, counts, requests, stricter, intended, faults } = summary
  const reasons = (map: ReadonlyMap<string, number>): string[] =>
    [...map].sort((one, other) => other[1] - one[1]).map(([why, count]) => `    ${count} ${why}`)
  return [
    `HTTP/1.1 beside llhttp: ${inputs} inputs, seed ${seed}`,
    `  ${counts.agreed} read the same, ${counts.refused} refused by both at the same request; ${requests} requests accepted alike`,
    `  ${counts.stricter} where ours is stricter:`,
    ...reasons(stricter),
    `  ${counts.intended} where ours takes more, as test/fuzz/differences.ts says:`,
    ...reasons(intended),
    `  ${counts.fault} faults`,
    ...faults.map((fault) => `    ${fault.why}: ${JSON.stringify(shortest(fault).toString('latin1'))}`),
  ].join('\n')
}

/** Words after which a server of node:http does more than its parser, and a method that Node names to nobody. */
const beyondParsing = /expect|upgrade|connect |pri /i

export interface CrossCheck {
  /** Requests that the server took. */
  readonly requests: number
  /** Inputs of which it did not take those that its parser finds. */
  readonly wrong: readonly string[]
}

export async function crossCheck(inputs: number, seed: number): Promise<CrossCheck> {
  const random = new Random(seed)
  const fresh = sampleRequests(inputs, seed)
  const wrong: string[] = []
  let requests = 0
  for (const request of fresh) {
    const input = random.below(2) === 0 ? request : mutate(request, random, words, random.pick(corpus))
    const text = input.toString('latin1')
    if (beyondParsing.test(text)) continue
    const theirs = readTheirs(input)
    const taken = await readByServer(input)
    requests += taken.length
    const differs = taken.some(({ method, target, body, complete }, index) => {
      const found = theirs.messages[index]
      const same = found?.method === method && found.target === target
      return !same || (complete && (body !== found.body || !found.complete))
    })
    const tooFew = theirs.end === 'open' && taken.length < theirs.messages.length
    if (differs || tooFew) wrong.push(JSON.stringify(text))
  }
  return { requests, wrong }
}

// Mutations of octets as fuzzers make them: a few at once, some of them with what matters to the format at hand.

import type { Random } from './random.ts'

/** What matters in a format: single octets and longer pieces that parsers look for. */
export interface Words {
  readonly octets: readonly number[]
  readonly pieces: readonly Buffer[]
}

type Mutation = (octets: Buffer, random: Random, words: Words, other: Buffer) => Buffer

function replace(octets: Buffer, from: number, to: number, by: Buffer): Buffer {
  return Buffer.concat([octets.subarray(0, from), by, octets.subarray(to)])
}

const flip: Mutation = (octets, random) => {
  const mutated = Buffer.from(octets)
  const at = random.below(octets.length)
  mutated[at] = (octets[at] ?? 0) ^ (1 << random.below(8))
  return mutated
}

const overwrite: Mutation = (octets, random, { octets: known }) => {
  const mutated = Buffer.from(octets)
  mutated[random.below(octets.length)] = random.below(4) === 0 ? random.below(256) : random.pick(known)
  return mutated
}

const insertOctet: Mutation = (octets, random, words) => {
  const at = random.below(octets.length + 1)
  return replace(octets, at, at, Buffer.from([random.pick(words.octets)]))
}

const insertPiece: Mutation = (octets, random, words) => {
  const at = random.below(octets.length + 1)
  return replace(octets, at, at, random.pick(words.pieces))
}

const remove: Mutation = (octets, random) => {
  const at = random.below(octets.length)
  return replace(octets, at, Math.min(octets.length, at + 1 + random.below(random.pick([1, 4, 32]))), none)
}

const duplicate: Mutation = (octets, random) => {
  const from = random.below(octets.length)
  const piece = octets.subarray(from, from + 1 + random.below(random.pick([1, 8, 64])))
  const at = random.below(octets.length + 1)
  return replace(octets, at, at, piece)
}

const splice: Mutation = (octets, random, _, other) =>
  Buffer.concat([
    octets.subarray(0, random.below(octets.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ])

const truncate: Mutation = (octets, random) => octets.subarray(0, random.below(octets.length))

const none = Buffer.alloc(0)
const mutations: readonly Mutation[] = [
  flip,
  overwrite,
  overwrite,
  insertOctet,
  insertOctet,
  insertPiece,
  insertPiece,
  remove,
  duplicate,
  splice,
  truncate,
]
/** Mutations of mutations grow; nothing here needs to be longer. */
const maxOctets = 4096

/** @param other what a splice may take its end from */
export function mutate(octets: Buffer, random: Random, words: Words, other: Buffer): Buffer {
  let mutated = octets
  for (let left = 1 + random.below(random.pick([1, 2, 4])); left > 0; left--) {
    if (mutated.length === 0) mutated = other
    mutated = random.pick(mutations)(mutated, random, words, other)
  }
  return mutated.length > maxOctets ? mutated.subarray(0, maxOctets) : mutated
}

// A moment of the fuzzing of the decoders, the same every time: `npm run fuzz` is the long one.

import { describe, expect, it } from 'vitest'
import {
  fuzzCalls,
  fuzzClosedCalls,
  fuzzForeignCalls,
  fuzzHeads,
  fuzzRecords,
  fuzzRequests,
} from './decoders.ts'

const seed = 20_261_125

describe(`any octets (seed ${seed})`, () => {
  it('into the decoder of FastCGI records', () => expect(fuzzRecords(10_000, seed)).toEqual([]))

  it('into the decoders of heads', () => expect(fuzzHeads(20_000, seed)).toEqual([]))

  it('into the decoders of requests of SCGI and uwsgi', () => expect(fuzzRequests(5000, seed)).toEqual([]))

  it('into a FastCGI call', () => expect(fuzzCalls(5000, seed)).toEqual([]))

  it('into a FastCGI call of somebody else', () => expect(fuzzForeignCalls(10_000, seed)).toEqual([]))

  it('into a call that ends with its connection', () => expect(fuzzClosedCalls(5000, seed)).toEqual([]))
})

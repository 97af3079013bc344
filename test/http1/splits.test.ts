// Every HTTP/1.1 vector through the engine alone: the same reading whole, octet by octet and cut in two anywhere.

import { describe, expect, it } from 'vitest'
import { readOurs, splitAt } from './reading.ts'
import { familyOf, octetByOctet, octetsOf, vectors } from './vectors.ts'

/** Octets after which a limit of the engine may show, in the vectors that are made to be too long. */
const limits = [8192, 32_768, 65_536]
const nearOctets = 60

/** All places of a short vector; of a long one both ends and what is near a limit. */
function cutsOf(length: number): number[] {
  const all = Array.from({ length: length - 1 }, (_, index) => index + 1)
  if (length <= 10_000) return all
  const isNear = (cut: number): boolean => limits.some((limit) => Math.abs(cut - limit) < 4)
  return all.filter((cut) => cut < nearOctets || cut > length - nearOctets || isNear(cut))
}

describe('the engine reads the same however the octets come', () => {
  it.each([...new Set(vectors.map(familyOf))])('in the vectors %s', (family) => {
    for (const vector of vectors.filter((one) => familyOf(one) === family)) {
      const octets = octetsOf(vector)
      const whole = readOurs([octets])
      expect(readOurs(octetByOctet(octets)), vector.id).toEqual(whole)
      for (const cut of cutsOf(octets.length)) {
        const reading = readOurs(splitAt(octets, cut))
        if (JSON.stringify(reading) !== JSON.stringify(whole)) {
          expect(reading, `${vector.id} cut at ${cut}`).toEqual(whole)
        }
      }
    }
  })
})

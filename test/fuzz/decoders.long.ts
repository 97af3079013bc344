// The long fuzzing of the decoders, for `npm run fuzz`.

import { expect, it } from 'vitest'
import {
  type DecoderFault,
  fuzzCalls,
  fuzzClosedCalls,
  fuzzForeignCalls,
  fuzzHeads,
  fuzzRecords,
  fuzzRequests,
} from './decoders.ts'
import { longRun } from './long-run.ts'

const { inputs, seed } = longRun
const hourMs = 3_600_000

it.each<[string, (inputs: number, seed: number) => DecoderFault[]]>([
  ['FastCGI records', fuzzRecords],
  ['heads', fuzzHeads],
  ['requests of SCGI and uwsgi', fuzzRequests],
  ['FastCGI calls', fuzzCalls],
  ['FastCGI calls of somebody else', fuzzForeignCalls],
  ['calls that end with their connection', fuzzClosedCalls],
])(
  '%s',
  (what, fuzz) => {
    const faults = fuzz(inputs, seed)
    console.log(`${what}: ${inputs} inputs, seed ${seed}, ${faults.length} faults`)
    expect(faults).toEqual([])
  },
  hourMs,
)

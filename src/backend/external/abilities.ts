// Asks an application whether it takes several requests on one connection (FastCGI 1.0 section 4.1). Some never answer (libfcgi,
// FCGI of Perl), so that is asked over a connection that nobody needs, and no answer is no.

import { encodeRecord, RecordDecoder, recordType } from '../../wire/fastcgi.ts'
import { decodePairs, encodePair } from '../../wire/fastcgi-params.ts'

export const abilitiesQuestion = encodeRecord(
  recordType.getValues,
  0,
  Buffer.from(encodePair('FCGI_MPXS_CONNS', ''), 'latin1'),
)

/** Whether it takes several, once all of the answer is there; 'malformed' is none, and undefined is before. */
export type Abilities = boolean | 'malformed' | undefined

export function abilitiesReader(): (bytes: Buffer) => Abilities {
  const decoder = new RecordDecoder()
  let answer: Abilities
  const sink = {
    record: (type: number, _id: number, content: Buffer) => {
      if (type !== recordType.getValuesResult) return
      const decoded = decodePairs(content)
      const pairs = decoded.kind === 'ok' ? decoded.pairs : []
      answer = pairs[pairs.indexOf('FCGI_MPXS_CONNS') + 1] === '1' && pairs.includes('FCGI_MPXS_CONNS')
    },
    malformed: () => {
      answer = 'malformed'
    },
  }
  return (bytes) => {
    decoder.push(bytes, sink)
    // Padding that is still to come would be taken for the beginning of the next answer.
    return answer === 'malformed' || decoder.atBoundary ? answer : undefined
  }
}

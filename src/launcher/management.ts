// Management records (FastCGI 1.0 section 4): what the launcher says about itself. Pure.

import { encodeRecord, encodeUnknownType, recordType } from '../wire/fastcgi.ts'
import { decodePairs, encodePair } from '../wire/fastcgi-params.ts'

/**
 * The answer to a record with request id 0; undefined when the query is malformed and cannot be answered.
 * One connection is one slot, which takes one request at a time.
 */
export function managementAnswer(type: number, content: Buffer, slots: number): Buffer | undefined {
  if (type !== recordType.getValues) return encodeUnknownType(type)
  const asked = decodePairs(content)
  if (asked.kind === 'bad') return undefined
  const values = new Map([
    ['FCGI_MAX_CONNS', String(slots)],
    ['FCGI_MAX_REQS', String(slots)],
    ['FCGI_MPXS_CONNS', '0'],
  ])
  const names = new Set(asked.pairs.filter((_, i) => i % 2 === 0))
  const pairs = [...names].map((name) => {
    const value = values.get(name)
    return value === undefined ? '' : encodePair(name, value)
  })
  return encodeRecord(recordType.getValuesResult, 0, Buffer.from(pairs.join(''), 'latin1'))
}

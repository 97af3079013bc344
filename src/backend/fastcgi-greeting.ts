// The greeting of our own workers: FCGI_GET_VALUES, which a worker's thread answers once it has the connection
// (FastCGI 1.0 section 4.1). Until then a connection only stands in the backlog of a busy worker.

import { encodeRecord, RecordDecoder, recordType } from '../wire/fastcgi.ts'
import { encodePair } from '../wire/fastcgi-params.ts'
import type { Greeting } from './slot.ts'

export const fastcgiGreeting: Greeting = {
  hello: encodeRecord(recordType.getValues, 0, Buffer.from(encodePair('FCGI_MPXS_CONNS', ''), 'latin1')),
  reader: () => {
    const decoder = new RecordDecoder()
    let answered = false
    const sink = {
      record: (type: number) => {
        if (type === recordType.getValuesResult) answered = true
      },
      malformed: () => {},
    }
    return (bytes) => {
      decoder.push(bytes, sink)
      return answered
    }
  },
}

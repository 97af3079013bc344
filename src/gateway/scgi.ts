// The SCGI gateway, client side: the wire is wire/scgi.ts, a call is one of close-delimited-call.ts.

import { PorticoError } from '../failure.ts'
import { encodeScgiRequest } from '../wire/scgi.ts'
import { closeDelimitedCalls } from './close-delimited-call.ts'
import type { Environ } from './environ.ts'

export const scgiGateway = closeDelimitedCalls({ name: 'scgi', label: 'SCGI', encode })

function encode({ constant, variable }: Environ, inputBytes: number): Buffer | PorticoError {
  const encoded = encodeScgiRequest([...constant, ...variable], inputBytes)
  if (encoded.kind === 'ok') return encoded.bytes
  return new PorticoError('E_INTERNAL', `An environ that SCGI cannot carry: ${encoded.why}`)
}

// The uwsgi gateway, client side: the wire is wire/uwsgi.ts, a call is one of close-delimited-call.ts.

import { PorticoError } from '../failure.ts'
import { encodeUwsgiRequest, maxUwsgiEnvironBytes } from '../wire/uwsgi.ts'
import { closeDelimitedCalls } from './close-delimited-call.ts'
import type { Environ } from './environ.ts'

export const uwsgiGateway = closeDelimitedCalls({ name: 'uwsgi', label: 'uwsgi', encode })

function encode({ constant, variable }: Environ): Buffer | PorticoError {
  const encoded = encodeUwsgiRequest([...constant, ...variable])
  if (encoded.kind === 'ok') return encoded.bytes
  const what = `The variables of the request take ${encoded.size} octets, and uwsgi carries ${maxUwsgiEnvironBytes}`
  return new PorticoError('E_ENVIRON_TOO_LARGE', what, { size: encoded.size, limit: maxUwsgiEnvironBytes })
}
